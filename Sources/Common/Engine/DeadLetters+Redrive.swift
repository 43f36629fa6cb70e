import FoundationEssentials
import Jobs
import Observability
import Postgres
import Security
import Storage

extension DeadLetters {
  /// One that cannot be redriven must not keep the others, nor what is known of those before.
  func redriveOrSkip(
    _ dead: DeadStep, _ input: JSONValue?, named: [StepID], into redrive: inout Redrive,
    by principal: Principal
  ) async {
    do {
      try await redriveOne(dead, input, named: named, into: &redrive, by: principal)
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
    _ dead: DeadStep, _ input: JSONValue?, named: [StepID], into redrive: inout Redrive,
    by principal: Principal
  ) async throws {
    let job = JobID()
    // Whoever stops a redrive stops it between two steps: what became of each is to be known.
    let answer = try await Task {
      try await pool.transaction { transaction in
        try await redo(dead, as: job, input, named: named, by: principal, in: transaction)
      }
    }.value
    switch answer {
    case .failure(let refusal):
      redrive.skipped.append(Redrive.Skipped(step: dead.id, reason: refusal.rawValue))
    case .success(let tickets):
      dispatcher.dispatch(ready: tickets, metrics)
      redrive.redriven.append(Redrive.Redriven(step: dead.id, job: dead.job, newJob: job))
    }
  }

  private func redo(
    _ dead: DeadStep, as job: JobID, _ input: JSONValue?, named: [StepID],
    by principal: Principal, in transaction: PostgresTransaction
  ) async throws -> Result<[TicketRow], RedriveRefusal> {
    let rows = try await transaction.pipeline([
      FinishStatements.lock([dead.job]), DeadStatements.source(of: dead.id),
    ])
    guard let source = rows[1].first else { return .failure(.gone) }
    if let refusal = try RedriveRefusal(source, isNamed: named.contains(dead.id)) {
      return .failure(refusal)
    }
    let index = Int(try source.decode("dead_index", as: Int32.self))
    let turn = try source.decode("dead_turn", as: Int32?.self).map(Int.init)
    if input != nil,
      let refusal = RedriveRefusal(ofInputFor: dead, isFirst: index == 0, by: principal.user)
    {
      return .failure(refusal)
    }
    let found = try await transaction.pipeline([
      DeadStatements.again(dead.id, named: named),
      DeadStatements.finished(of: dead.job, before: index, turn: turn),
      DeadStatements.settle([dead.id], "dead.redrive", as: job, by: principal),
    ])
    guard !found[2].isEmpty else { return .failure(.gone) }
    let again = try found[0].map(repeated)
    let olds = Set(again.map(\.old))
    let taken = try found[1].filter { row in
      !olds.contains(StepID(try row.decode("id", as: UUID.self)))
    }.map(takenOver)
    // The owner's own token counts, and an operator lends nobody their rights.
    let token = dead.user == principal.user ? principal.token : nil
    let statement = DeadStatements.redrive(
      dead.job, as: job, again: again, token: token,
      maximum: token == nil ? .urgent : principal.role.maximumPriority,
      replyKey: RandomBytes.sixteen(),
      input: try content.seal(
        try input
          ?? content.open(
            try source.decode("input", as: [UInt8].self), .jobInput, row: dead.job.uuid),
        .jobInput, row: job.uuid),
      taking: taken)
    let stored = try await transaction.commit(after: [
      DeadStatements.settleOthers(of: dead.job, as: job), statement,
    ])[1]
    guard !stored.isEmpty else { return .failure(.gone) }
    // Behind a live job of its session it has no ticket yet.
    return .success(
      try stored.filter { try $0.decode("state", as: Int16.self) == StepState.ready.rawValue }
        .map { try TicketRow($0) })
  }

  private func repeated(_ row: Row) throws -> RepeatedStep {
    let (old, new) = (StepID(try row.decode("id", as: UUID.self)), StepID())
    return RepeatedStep(
      old: old, id: new,
      input: try resealed(
        try row.decode("input", as: [UInt8]?.self), .stepInput, from: old, to: new))
  }

  private func takenOver(_ row: Row) throws -> TakenStep {
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
}

/// Why a dead step is left alone.
enum RedriveRefusal: String, Error {
  case gone = "It was redriven or dropped already, or another dead step of its job was."
  case isLive = "Its job is not over: cancel that, or wait for its end."
  case inDoubt =
    "Something that may not be repeated was begun: find out, and name the step to redrive it."
  case notYours = "Only its owner may change its input."
  case hasHistory = "Its job has finished steps that belong to its old input."

  /// What speaks against a new input for the job of a dead step; `nil` for nothing.
  ///
  /// - Parameter isFirst: Whether it is the job's first step.
  init?(ofInputFor dead: DeadStep, isFirst: Bool, by user: UserID) {
    if !isFirst {
      self = .hasHistory
    } else if dead.user != user {
      self = .notYours
    } else {
      return nil
    }
  }

  /// What a row of `DeadStatements.source(of:)` or `obstacles(of:)` says against it; `nil` for
  /// nothing.
  ///
  /// - Parameter isNamed: Whether the step was asked for by its id.
  init?(_ row: Row, isNamed: Bool) throws {
    if try !row.decode("is_over", as: Bool.self) {
      self = .isLive
    } else if try row.decode("has_effect", as: Bool.self), !isNamed {
      self = .inDoubt
    } else {
      return nil
    }
  }
}
