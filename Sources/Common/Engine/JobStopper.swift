import FoundationEssentials
import Jobs
import Observability
import Postgres
import Storage

/// Ends one job before its time: at once what waits; what runs stops as its worker hears of it,
/// within a second. Those above and below it in its tree are the ``FamilyKeeper``'s business.
struct JobStopper: Sendable {
  let pool: PostgresPool
  let dispatcher: TicketDispatcher
  let writer: PlanWriter
  let metrics: Metrics

  init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, metrics: Metrics
  ) {
    self.pool = pool
    self.dispatcher = dispatcher
    self.metrics = metrics
    writer = PlanWriter(content: content)
  }

  /// Whether it counts.
  enum Answer: Sendable, Hashable {
    /// It is over, or will be once the step that runs has stopped.
    case accepted
    /// It was over before.
    case over(JobState)
  }

  /// Stops a job; doing so again is harmless.
  ///
  /// - Parameters:
  ///   - principal: Whose job it must be; `nil` stops anybody's.
  ///   - condition: A statement that answers a row if the job, now locked, is still to be stopped.
  ///   - skipsLocked: Whether a job whose row somebody has locked is left alone, not waited for.
  /// - Returns: `nil` when there is no such job, or it was left alone; and what it has led to.
  /// - Throws: `PostgresError`.
  func stop(
    _ job: JobID, _ stop: JobStop, by principal: Principal?, if condition: SQL? = nil,
    skipsLocked: Bool = false
  ) async throws -> (answer: Answer?, plans: JobPlans) {
    let (answer, plans) = try await pool.transaction { transaction in
      let rows = try await transaction.pipeline([
        FinishStatements.lock([job], skipsLocked: skipsLocked)
      ])[0]
      var plans = try JobPlans(locked: rows)
      guard let locked = plans.all.first?.job,
        principal.map({ $0.user == locked.user }) ?? true
      else { return (Answer?.none, plans) }
      if locked.state.isFinal {
        return (locked.state == stop.state ? .accepted : .over(locked.state), plans)
      }
      if let condition, try await transaction.pipeline([condition])[0].isEmpty {
        return (nil, plans)
      }
      try await write(stop, of: job, by: principal, into: &plans, in: transaction)
      try await writer.commit(&plans, in: transaction)
      return (.accepted, plans)
    }
    try tell(plans, hasStopped: answer == .accepted)
    return (answer, plans)
  }

  /// Counts and sends what committed stops have led to.
  func tell(_ plans: JobPlans, hasStopped: Bool) throws {
    if hasStopped { try Failpoint.cancelCommit.hit() }
    try plans.passPromotion()
    metrics.ended(plans)
    dispatcher.dispatch(plans)
  }

  /// Stops jobs of anybody as part of the caller's transaction, which has to commit the plans with
  /// ``writer``, and then calls ``tell(_:hasStopped:)``.
  ///
  /// - Returns: The plans of those that were not over.
  /// - Throws: `PostgresError`.
  func mark(
    _ jobs: [JobID], _ stop: JobStop, in transaction: PostgresTransaction
  ) async throws -> JobPlans {
    guard !jobs.isEmpty else { return try JobPlans(locked: []) }
    let rows = try await transaction.pipeline([FinishStatements.lock(Set(jobs))])[0]
    let live = try rows.filter { try !LockedJob($0).state.isFinal }
    var plans = try JobPlans(locked: live)
    for job in plans.all.map(\.job.id) {
      try await write(stop, of: job, by: nil, into: &plans, in: transaction)
    }
    return plans
  }

  /// Writes that a locked job is stopped, and what that does to its plan.
  private func write(
    _ stop: JobStop, of job: JobID, by principal: Principal?, into plans: inout JobPlans,
    in transaction: PostgresTransaction
  ) async throws {
    let written = try await transaction.pipeline([
      FinishStatements.mark(job, stop, by: principal), FinishStatements.cancelWaiting(of: job),
    ])
    plans.stop(job, stop, waiting: try written[1].map(ClosedStep.init(cancelled:)))
  }
}

extension ClosedStep {
  /// Reads one row of `FinishStatements.cancelWaiting(of:)`.
  fileprivate init(cancelled row: Row) throws {
    guard let target = Target(try row.decode("target", as: String.self)) else {
      throw PostgresError(code: .decoding, message: "target holds no target")
    }
    self.init(
      id: StepID(try row.decode("id", as: UUID.self)),
      index: Int(try row.decode("index", as: Int32.self)),
      turn: try row.decode("turn", as: Int32?.self).map(Int.init), target: target,
      state: .cancelled, startedAt: nil, run: Int(try row.decode("runs", as: Int32.self)))
  }
}
