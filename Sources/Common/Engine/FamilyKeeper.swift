import FoundationEssentials
import Jobs
public import Logging
public import Observability
public import Postgres
public import ServiceLifecycle
public import Storage

/// Carries what happens to one job of a tree up and down: the end of a delegated job becomes the
/// result that the job above it waits for; a job that is over, or shall be, takes those below it
/// with it; a batch counts the ends of its jobs.
///
/// Each step of the way is a transaction of its own over one level, and what has to follow lies in
/// the database until it is done: `FamilyDuty` does what a dying process has left.
public struct FamilyKeeper: Service {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let stopper: JobStopper
  private let metrics: Metrics
  private let logger: Logger
  /// The batches of jobs that end.
  public let batches: BatchKeeper
  /// Jobs that are over and that others wait for.
  private let ended = BatchInbox<JobID>(limit: 64, capacity: 10_000)
  /// Jobs whose children have to stop.
  private let deserting = BatchInbox<JobID>(limit: 64, capacity: 10_000)

  /// Does nothing before ``run()``.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    metrics: Metrics = Metrics(), logger: Logger
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.metrics = metrics
    self.logger = logger
    stopper = JobStopper(pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
    batches = BatchKeeper(
      pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
  }

  /// Works until shutdown, then off what is left.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await work(off: ended) { try await settle($0) } }
        group.addTask { await work(off: deserting) { try await stopChildren(of: $0) } }
        group.addTask { await work(off: batches.ended) { try await batches.settle(Set($0)) } }
      }
    } onGracefulShutdown: {
      ended.stop()
      deserting.stop()
      batches.ended.stop()
    }
  }

  /// Hears what was committed.
  func note(_ plans: JobPlans) {
    // One that does not fit is found by the duty.
    for job in plans.endedChildren { _ = ended.put(job) }
    for job in plans.deserting { _ = deserting.put(job) }
    batches.note(plans.endedBatches)
  }

  private func work<Entry>(
    off inbox: BatchInbox<Entry>, _ act: ([Entry]) async throws -> Void
  ) async {
    while let entries = await inbox.takeGroup() {
      do {
        try await act(entries)
      } catch {
        logger.debug(
          "what follows from ends of jobs is left to the duty",
          metadata: .fields([.count: entries.count, .error: String(describing: error)]))
      }
      inbox.finishGroup()
    }
  }

  /// Stops the live children of jobs.
  func stopChildren(of parents: [JobID]) async throws {
    let rows = try await pool.query(ChildStatements.live(below: parents))
    try await stop(try rows.map { JobID(try $0.decode("job_id", as: UUID.self)) })
  }

  /// Stops jobs that nobody waits for any more.
  ///
  /// - Parameter skipsLocked: Whether those whose rows others have locked are left alone.
  /// - Returns: How many were not.
  @discardableResult
  func stop(_ orphans: [JobID], skipsLocked: Bool = false) async throws -> Int {
    var stopped = 0
    try await orphans.forEachAlone { job in
      let (answer, plans) = try await stopper.stop(
        job, .orphaned, by: nil, skipsLocked: skipsLocked)
      if answer != nil { stopped += 1 }
      note(plans)
    }
    return stopped
  }

  /// Hands the ends of jobs to those that wait for them.
  func settle(_ children: [JobID]) async throws {
    let rows = try await pool.query(ChildStatements.ended(children)).map(EndedChild.init)
    var failure: (any Error)?
    for (_, siblings) in Dictionary(grouping: rows, by: \.parent) {
      do {
        let plans = try await pool.transaction { transaction in
          try await settle(siblings, in: transaction)
        }
        try plans.passPromotion()
        metrics.ended(plans)
        dispatcher.dispatch(plans)
        note(plans)
      } catch {
        // The others shall not wait for this one.
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func settle(
    _ siblings: [EndedChild], in transaction: PostgresTransaction
  ) async throws -> JobPlans {
    let outcomes = siblings.map { ($0, $0.outcome(content)) }
    let rows = try await transaction.pipeline([
      // Whoever has locked one parent holds up the others for a second, not for ten.
      FinishStatements.impatient,
      FinishStatements.lock(Set(siblings.map(\.parent))),
      ChildStatements.close(
        try outcomes.map { child, outcome in
          switch outcome {
          case .success(let value):
            (child.step, try content.seal(value, .stepOutput, row: child.step.uuid), nil)
          case .failure(let failure):
            (child.step, nil, try content.seal(failure.json, .stepError, row: child.step.uuid))
          }
        }),
    ])
    var plans = try JobPlans(locked: rows[1])
    for row in rows[2] {
      let id = StepID(try row.decode("id", as: UUID.self))
      guard let (child, outcome) = outcomes.first(where: { $0.0.step == id }) else { continue }
      var step = try ClosedStep(row, target: child.target)
      step.onFailure = child.onFailure
      switch outcome {
      case .success(let value): plans.apply(step, of: child.parent, outcome: .finished(value))
      case .failure(let failure): plans.apply(step, of: child.parent, outcome: .failed(failure))
      }
    }
    try await PlanWriter(content: content).commit(&plans, in: transaction)
    return plans
  }
}

/// A delegated job that is over, as the job above it needs it.
private struct EndedChild {
  let job: JobID
  let parent: JobID
  let step: StepID
  let onFailure: Delegation.FailurePolicy
  let state: JobState
  let result: [UInt8]?
  let error: [UInt8]?
  let target: Target

  init(_ row: Row) throws {
    job = JobID(try row.decode("job_id", as: UUID.self))
    parent = JobID(try row.decode("parent_id", as: UUID.self))
    step = StepID(try row.decode("step_id", as: UUID.self))
    onFailure =
      Delegation.FailurePolicy(rawValue: try row.decode("on_failure", as: Int16.self))
      ?? .continue
    state = JobState(rawValue: try row.decode("state", as: Int16.self)) ?? .failed
    result = try row.decode("result", as: [UInt8]?.self)
    error = try row.decode("error", as: [UInt8]?.self)
    target = Target(try row.decode("target", as: String.self)) ?? .agent("unknown")
  }

  /// What the step that waits for it becomes.
  func outcome(_ content: SealedContent) -> Result<JSONValue, StepFailure> {
    do {
      return try opened(content)
    } catch {
      return .failure(
        StepFailure(
          .internalError, code: "result_unreadable",
          message: "The stored end of the job \(job) cannot be read."))
    }
  }

  private func opened(_ content: SealedContent) throws -> Result<JSONValue, StepFailure> {
    if state == .succeeded {
      return .success(try content.openIfPresent(result, .jobResult, row: job.uuid) ?? .null)
    }
    if onFailure == .ignore { return .success(.null) }
    let why = try content.openIfPresent(error, .jobError, row: job.uuid)
      .flatMap(StepFailure.init(json:))
    return .failure(
      StepFailure(
        why?.class ?? .cancelled, code: "delegate_\(state.name)",
        message: "The job \(job) of \(target) has \(state == .cancelled ? "been " : "")"
          + "\(state.name)\(why.map { ": \($0.message)" } ?? ".")"))
  }
}

/// Takes in what processes that died have left of the ends of jobs: a bounded walk over those that
/// others wait for.
struct FamilyDuty: Duty {
  let name = "families"
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let families: FamilyKeeper
  private let place = WalkPlace()

  init(pool: PostgresPool, families: FamilyKeeper) {
    self.pool = pool
    self.families = families
  }

  func run() async throws -> Bool {
    let walk = try await pool.query(ChildStatements.walk(after: place.last)).first
    guard let walk else { return false }
    // What fails is met again by the next walk, and shall not keep those behind it.
    let ended = try place.advance(by: walk, of: ChildStatements.batch)
    let orphaned = try walk.decode("orphaned", as: [UUID].self).map(JobID.init)
    // One part that fails must not keep the other from its turn.
    var failure: (any Error)?
    var stopped = 0
    do { stopped = try await families.stop(orphaned, skipsLocked: true) } catch { failure = error }
    if !ended.isEmpty { try await families.settle(ended) }
    if let failure { throw failure }
    return ended.count >= 256 || (orphaned.count >= 256 && stopped > 0)
  }
}
