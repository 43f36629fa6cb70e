import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
import Security
public import Storage

/// The dead-letter workbench: what is dead, doing it again, dropping it.
public struct DeadLetters: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let metrics: Metrics
  /// How a canary waits for the end of its jobs.
  private let ends: @Sendable (JobID, UserID, Duration) async throws -> JobRecord?

  /// - Parameter ends: Waits for the end of a user's job, so long at most.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, metrics: Metrics,
    ends: @escaping @Sendable (JobID, UserID, Duration) async throws -> JobRecord?
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.metrics = metrics
    self.ends = ends
  }

  /// The dead steps that a filter meets, the newest first.
  ///
  /// - Throws: `PostgresError`.
  public func list(_ filter: DeadFilter) async throws -> [DeadStep] {
    try await pool.query(DeadStatements.list(filter)).map(dead)
  }

  /// The same by how they failed.
  ///
  /// - Throws: `PostgresError`.
  public func groups(_ filter: DeadFilter) async throws -> [DeadGroup] {
    try await pool.query(DeadStatements.groups(filter)).map { row in
      DeadGroup(
        target: try row.decode("target", as: String.self),
        errorClass: try row.decode("error_class", as: String.self),
        errorCode: try row.decode("error_code", as: String.self),
        count: Int(try row.decode("count", as: Int64.self)),
        firstAt: try row.decode("first_at", as: Date.self),
        lastAt: try row.decode("last_at", as: Date.self),
        example: StepID(try row.decode("example", as: UUID.self)))
    }
  }

  /// Takes dead steps off the workbench; they stay with their jobs.
  ///
  /// - Parameter isDry: Whether to count them only.
  /// - Returns: How many the filter met, and how many were dropped.
  /// - Throws: `PostgresError`.
  public func drop(
    _ filter: DeadFilter, isDry: Bool, by principal: Principal
  ) async throws -> (matched: Int, dropped: Int) {
    let steps = try await list(filter)
    guard !isDry, !steps.isEmpty else { return (steps.count, 0) }
    let rows = try await pool.query(
      DeadStatements.settle(steps.map(\.id), "dead.drop", by: principal))
    return (steps.count, rows.count)
  }

  /// Does the jobs of dead steps again, each as a new job that takes over what the old one had
  /// finished. A step is redriven once.
  ///
  /// A canary does one first, then ten, then the rest, and stops by itself when one of the first
  /// eleven does not succeed: it waits two minutes for the one, and five for the ten.
  ///
  /// - Parameters:
  ///   - input: Instead of the input of the jobs; only for skill jobs and jobs without a finished
  ///     step.
  ///   - isDry: Whether to look only.
  /// - Throws: `PostgresError`. What was redriven before stays.
  public func redrive(
    _ filter: DeadFilter, input: JSONValue? = nil, isDry: Bool = false, isCanary: Bool = false,
    by principal: Principal
  ) async throws -> Redrive {
    // Of those that the limit lets through, the newest, in the order in which they were made.
    let steps = Array(try await list(filter).reversed())
    var redrive = Redrive()
    redrive.matched = steps.count
    if isDry { return redrive }
    let waves =
      isCanary
      ? [steps.prefix(1), steps.dropFirst().prefix(10), steps.dropFirst(11)] : [steps[...]]
    for (number, wave) in waves.enumerated() where redrive.stopped == nil {
      let before = redrive.redriven.count
      for step in wave {
        await redriveOrSkip(
          step, input, isNamed: filter.steps.contains(step.id), into: &redrive, by: principal)
      }
      if number < waves.count - 1 {
        redrive.stopped = try await failure(
          among: redrive.redriven[before...], of: wave,
          within: number == 0 ? .seconds(120) : .seconds(300))
      }
    }
    return redrive
  }

  /// Why a canary stops, if one of its jobs did not succeed.
  private func failure(
    among redriven: ArraySlice<Redrive.Redriven>, of wave: ArraySlice<DeadStep>,
    within limit: Duration
  ) async throws -> String? {
    let deadline = ContinuousClock.now + limit
    for one in redriven {
      guard let user = wave.first(where: { $0.id == one.step })?.user else { continue }
      let left = max(.seconds(1), deadline - .now)
      let job = try await ends(one.newJob, user, left)
      guard job?.state != .succeeded else { continue }
      let state = job.map { $0.state.isFinal ? "has \($0.state.name)" : "is not over" } ?? "is gone"
      return "job \(one.newJob) of the canary \(state)"
    }
    return nil
  }

  /// One that cannot be redriven must not keep the others, nor what is known of those before.
  private func redriveOrSkip(
    _ dead: DeadStep, _ input: JSONValue?, isNamed: Bool, into redrive: inout Redrive,
    by principal: Principal
  ) async {
    do {
      try await redriveOne(dead, input, isNamed: isNamed, into: &redrive, by: principal)
    } catch let error as PostgresError {
      redrive.skipped.append(
        Redrive.Skipped(
          step: dead.id,
          reason: error.outcomeIsUnknown
            ? "The database's answer is lost: look whether it is still on the list."
            : "The database did not take it."))
    } catch {
      redrive.skipped.append(
        Redrive.Skipped(step: dead.id, reason: "What its job has stored cannot be read."))
    }
  }

  private func redriveOne(
    _ dead: DeadStep, _ input: JSONValue?, isNamed: Bool, into redrive: inout Redrive,
    by principal: Principal
  ) async throws {
    let job = JobID()
    // The owner's own token counts, and an operator lends nobody their rights.
    let token = dead.user == principal.user ? principal.token : nil
    let answer = try await pool.transaction { transaction -> Result<TicketRow, RedriveRefusal> in
      let rows = try await transaction.pipeline([
        FinishStatements.lock([dead.job]), DeadStatements.source(of: dead.id),
      ])
      guard let source = rows[1].first else { return .failure(.gone) }
      guard try source.decode("is_over", as: Bool.self) else { return .failure(.isLive) }
      guard try source.decode("session", as: String?.self) == nil else {
        return .failure(.inSession)
      }
      if try source.decode("has_effect", as: Bool.self), !isNamed { return .failure(.inDoubt) }
      let index = Int(try source.decode("dead_index", as: Int32.self))
      let turn = try source.decode("dead_turn", as: Int32?.self).map(Int.init)
      if input != nil, index > 0 { return .failure(.hasHistory) }
      if input != nil, dead.user != principal.user { return .failure(.notYours) }
      let finished = try await transaction.pipeline([
        DeadStatements.settle([dead.id], "dead.redrive", by: principal),
        DeadStatements.finished(of: dead.job, before: index, turn: turn),
        DeadStatements.settleOthers(of: dead.job),
      ])
      guard !finished[0].isEmpty else { return .failure(.gone) }
      let step = StepID()
      let statement = DeadStatements.redrive(
        dead.id, as: job, step: step, token: token,
        maximum: token == nil ? .urgent : principal.role.maximumPriority,
        replyKey: RandomBytes.sixteen(),
        input: try content.seal(
          try input
            ?? content.open(
              try source.decode("input", as: [UInt8].self), .jobInput, row: dead.job.uuid),
          .jobInput, row: job.uuid),
        stepInput: try await stepInput(of: dead.id, for: step, in: transaction),
        taking: try finished[1].map(taken))
      let tickets = try await transaction.commit(after: [statement])
      guard let ticket = try tickets[0].first.map({ try TicketRow($0) }) else {
        return .failure(.gone)
      }
      return .success(ticket)
    }
    switch answer {
    case .failure(let refusal):
      redrive.skipped.append(Redrive.Skipped(step: dead.id, reason: refusal.rawValue))
    case .success(let ticket):
      dispatcher.dispatch(ready: [ticket], metrics)
      redrive.redriven.append(Redrive.Redriven(step: dead.id, job: dead.job, newJob: job))
    }
  }

  private func stepInput(
    of old: StepID, for new: StepID, in transaction: PostgresTransaction
  ) async throws -> Sealed? {
    let rows = try await transaction.pipeline([
      "SELECT input FROM steps WHERE id = \(old.uuid)"
    ])[0]
    return try resealed(
      rows.first?.decode("input", as: [UInt8]?.self), .stepInput, from: old, to: new)
  }

  private func taken(_ row: Row) throws -> TakenStep {
    let old = StepID(try row.decode("id", as: UUID.self))
    let new = StepID()
    if try row.decode("state", as: Int16.self) == StepState.cancelled.rawValue {
      // The turn has to have an answer to each of its calls.
      let failure = StepFailure(
        .cancelled, code: "cancelled", message: "The call was cancelled with its job.")
      return TakenStep(
        old: old, id: new,
        input: try resealed(
          try row.decode("input", as: [UInt8]?.self), .stepInput, from: old, to: new),
        output: nil, error: try content.seal(failure.json, .stepError, row: new.uuid))
    }
    return TakenStep(
      old: old, id: new,
      input: try resealed(
        try row.decode("input", as: [UInt8]?.self), .stepInput, from: old, to: new),
      output: try resealed(
        try row.decode("output", as: [UInt8]?.self), .stepOutput, from: old, to: new),
      error: try resealed(
        try row.decode("error", as: [UInt8]?.self), .stepError, from: old, to: new))
  }

  private func resealed(
    _ bytes: [UInt8]??, _ column: SealedContent.Column, from old: StepID, to new: StepID
  ) throws -> Sealed? {
    guard let bytes = bytes ?? nil else { return nil }
    return try content.seal(
      try content.open(bytes, column, row: old.uuid), column, row: new.uuid)
  }

  private func dead(_ row: Row) throws -> DeadStep {
    let id = try row.decode("id", as: UUID.self)
    let error = try content.openIfPresent(
      try row.decode("error", as: [UInt8]?.self), .stepError, row: id)
    return DeadStep(
      id: StepID(id), job: JobID(try row.decode("job_id", as: UUID.self)),
      user: UserID(try row.decode("user_id", as: UUID.self)),
      target: Target(try row.decode("target", as: String.self)) ?? .skill("unknown.skill"),
      lane: try TicketRow.lane(row), error: error.flatMap(StepFailure.init(json:)),
      errorClass: try row.decode("error_class", as: String.self),
      errorCode: try row.decode("error_code", as: String.self),
      attempts: Int(try row.decode("attempt", as: Int16.self)),
      crashes: Int(try row.decode("crashes", as: Int16.self)),
      diedAt: try row.decode("finished_at", as: Date.self))
  }
}

/// Why a dead step is left alone.
private enum RedriveRefusal: String, Error {
  case gone = "It was redriven or dropped already, or another dead step of its job was."
  case isLive = "Its job is not over: cancel that, or wait for its end."
  case inSession = "Its job is part of a session: send it again, in its turn."
  case inDoubt =
    "Something that may not be repeated was begun: find out, and name the step to redrive it."
  case notYours = "Only its owner may change its input."
  case hasHistory = "Its job has finished steps that belong to its old input."
}
