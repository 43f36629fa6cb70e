import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
import Security
public import Storage

/// The dead-letter workbench: what is dead and why, doing it again, dropping it.
public struct DeadLetters: Sendable {
  let pool: PostgresPool
  let content: SealedContent
  let dispatcher: TicketDispatcher
  let metrics: Metrics
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

  /// The dead steps that a filter meets, the newest first; one whose error cannot be read has none.
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
    // No more of them than their ids is read: one may be dropped because it cannot be.
    let steps = try await pool.query(DeadStatements.list(filter))
      .map { StepID(try $0.decode("id", as: UUID.self)) }
    guard !isDry, !steps.isEmpty else { return (steps.count, 0) }
    let rows = try await pool.query(DeadStatements.settle(steps, "dead.drop", by: principal))
    return (steps.count, rows.count)
  }

  /// Why nothing is redriven.
  public enum Refusal: Error, Sendable, Hashable {
    /// The new input does not fit the target of a step that would get it.
    case unfit(Target)
  }

  /// Does the jobs of dead steps again, each as a new job that takes over what the old one had
  /// finished. A step is redriven once.
  ///
  /// Of those that the limit lets through, the newest that can be redriven come first; what is left
  /// of the limit goes to those that cannot, to tell why. They are redriven in the order in which
  /// they were made.
  ///
  /// A canary does one first, then ten, then the rest, and stops by itself when one of the first
  /// eleven does not succeed: it waits two minutes for the one, and five for the ten. One whose task
  /// is cancelled stops before its next step.
  ///
  /// - Parameters:
  ///   - input: Instead of the input of the jobs; only for skill jobs and jobs without a finished
  ///     step.
  ///   - fits: Whether a target takes the input. Asked for those of all steps that would get it,
  ///     before any of them is redriven.
  ///   - isDry: Whether to look only: what would be redriven has no new job.
  /// - Throws: ``Refusal``; `PostgresError`. What was redriven before stays.
  public func redrive(
    _ filter: DeadFilter, input: JSONValue? = nil,
    fits: @Sendable (Target) -> Bool = { _ in true }, isDry: Bool = false, isCanary: Bool = false,
    by principal: Principal
  ) async throws -> Redrive {
    let steps = try await candidates(filter)
    var redrive = Redrive()
    redrive.matched = steps.count
    if isDry || input != nil {
      let seen = try await foresee(
        steps, named: filter.steps, owner: input == nil ? nil : principal.user)
      if input != nil { try check(seen.redriven, of: steps, fits) }
      if isDry { return seen }
    }
    let waves = isCanary ? Self.canary : [Wave(size: .max, patience: nil)]
    var left = steps[...]
    for wave in waves where redrive.stopped == nil {
      let before = redrive.redriven.count
      // What is skipped tells nothing about the rest.
      while redrive.redriven.count - before < wave.size, let step = left.first {
        if isCanary, Task.isCancelled { break }
        left = left.dropFirst()
        await redriveOrSkip(
          step, input, named: filter.steps, into: &redrive, by: principal)
      }
      if let patience = wave.patience, !Task.isCancelled {
        redrive.stopped = try await failure(
          among: redrive.redriven[before...], of: steps, within: patience)
      }
      if isCanary, Task.isCancelled, redrive.stopped == nil, !left.isEmpty {
        redrive.stopped = Self.interrupted
      }
    }
    return redrive
  }

  /// Which of some jobs a redrive has made, and how they stand once all of them are over, or a time
  /// is up.
  ///
  /// - Parameter user: Whose; `nil` for everybody's.
  /// - Throws: `PostgresError`.
  public func redriven(
    _ jobs: [JobID], of user: UserID?, within limit: Duration
  ) async throws -> [RedrivenJob] {
    let reader = JobReader(pool: pool, content: content)
    let found = try await reader.redriven(jobs, of: user)
    let deadline = ContinuousClock.now + limit
    var hasWaited = false
    for job in found where !job.state.isFinal {
      let left = deadline - .now
      guard left > .zero, !Task.isCancelled else { break }
      _ = try await ends(job.id, job.user, left)
      hasWaited = true
    }
    return hasWaited ? try await reader.redriven(jobs, of: user) : found
  }

  /// A part of a redrive.
  private struct Wave {
    /// How many steps are redriven.
    let size: Int
    /// How long it waits for the ends of their jobs; `nil` when it does not.
    let patience: Duration?
  }

  private static let canary = [
    Wave(size: 1, patience: .seconds(120)), Wave(size: 10, patience: .seconds(300)),
    Wave(size: .max, patience: nil),
  ]

  private static let interrupted = "interrupted: its client has gone, or the gateway ends"

  private func candidates(_ filter: DeadFilter) async throws -> [DeadStep] {
    // Whoever names steps means all of them.
    guard filter.steps.isEmpty else { return try await list(filter).reversed() }
    let fit = try await pool.query(DeadStatements.list(filter, .redrivable)).map(dead)
    var rest = filter
    rest.limit = filter.limit - fit.count
    let unfit =
      rest.limit > 0 ? try await pool.query(DeadStatements.list(rest, .obstructed)).map(dead) : []
    return fit.reversed() + unfit.reversed()
  }

  /// What a redrive of these would do, as far as it can be known.
  ///
  /// - Parameter owner: Whose jobs alone would be redriven, and only their first steps, as they
  ///   would get a new input; `nil` for any.
  private func foresee(
    _ steps: [DeadStep], named: [StepID], owner: UserID?
  ) async throws -> Redrive {
    let rows = try await pool.query(DeadStatements.obstacles(of: steps.map(\.id)))
    var obstacles: [StepID: RedriveRefusal] = [:]
    var later: Set<StepID> = []
    for row in rows {
      let step = StepID(try row.decode("id", as: UUID.self))
      obstacles[step] = try RedriveRefusal(row, isNamed: named.contains(step))
      if try row.decode("index", as: Int32.self) > 0 { later.insert(step) }
    }
    var redrive = Redrive()
    redrive.matched = steps.count
    var jobs: Set<JobID> = []
    for step in steps {
      let refusal =
        obstacles[step.id]
        ?? owner.flatMap {
          RedriveRefusal(ofInputFor: step, isFirst: !later.contains(step.id), by: $0)
        }
        ?? (jobs.contains(step.job) ? .gone : nil)
      if let refusal {
        redrive.skipped.append(Redrive.Skipped(step: step.id, reason: refusal.rawValue))
      } else {
        jobs.insert(step.job)
        redrive.redriven.append(Redrive.Redriven(step: step.id, job: step.job, newJob: nil))
      }
    }
    return redrive
  }

  private func check(
    _ redriven: [Redrive.Redriven], of steps: [DeadStep], _ fits: (Target) -> Bool
  ) throws(Refusal) {
    let wanted = Set(redriven.map(\.step))
    let targets = Set(steps.filter { wanted.contains($0.id) }.map(\.target))
    if let target = targets.first(where: { !fits($0) }) { throw .unfit(target) }
  }

  /// Why a canary stops, if one of its jobs did not succeed.
  private func failure(
    among redriven: ArraySlice<Redrive.Redriven>, of steps: [DeadStep], within limit: Duration
  ) async throws -> String? {
    let deadline = ContinuousClock.now + limit
    for one in redriven {
      guard let new = one.newJob, let user = steps.first(where: { $0.id == one.step })?.user else {
        continue
      }
      let left = max(.seconds(1), deadline - .now)
      let job: JobRecord?
      do {
        job = try await ends(new, user, left)
      } catch  where Task.isCancelled {
        return Self.interrupted
      }
      guard job?.state != .succeeded else { continue }
      if Task.isCancelled, job?.state.isFinal != true { return Self.interrupted }
      let state = job.map { $0.state.isFinal ? "has \($0.state.name)" : "is not over" } ?? "is gone"
      return "job \(new) of the canary \(state)"
    }
    return nil
  }

  func dead(_ row: Row) throws -> DeadStep {
    let id = try row.decode("id", as: UUID.self)
    let sealed = try row.decode("error", as: [UInt8]?.self)
    // Its class and its code tell enough, and it has to be seen to be redriven or dropped.
    let error = try? content.openIfPresent(sealed, .stepError, row: id)
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
