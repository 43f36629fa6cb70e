import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
public import Storage

/// Changes jobs that wait: their priority, their time, their input.
public struct JobEditor: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let metrics: Metrics

  /// The dispatcher sends the tickets of steps that change their lane.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, metrics: Metrics
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.metrics = metrics
  }

  /// Whether a change counts.
  public enum Answer: Sendable, Hashable {
    /// It is on disk.
    case changed
    /// The job is over, or what was to be changed has begun.
    case tooLate
    /// It would start at the job's deadline or later.
    case pastDeadline
  }

  /// Gives a user's job, and all that it has delegated, another priority. What runs goes on; what
  /// waits changes its lane, and what comes after follows.
  ///
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func prioritize(
    _ job: JobID, _ priority: Priority, by principal: Principal
  ) async throws -> Answer? {
    guard
      let answer = try await change(
        job, by: principal,
        { transaction in
          _ = try await transaction.pipeline(
            JobEditStatements.prioritize(job, priority, by: principal))
          let rows = try await transaction.commit(after: [JobEditStatements.place(job)])
          return try rows[0].map { try TicketRow($0) }
        })
    else { return nil }
    guard let tickets = answer else { return .tooLate }
    dispatcher.dispatch(ready: tickets, metrics)
    for row in try await pool.query(ChildStatements.live(below: [job])) {
      _ = try await prioritize(
        JobID(try row.decode("job_id", as: UUID.self)), priority, by: principal)
    }
    return .changed
  }

  /// Gives a job that is not due yet another time or input. A time alone also counts for steps that
  /// wait for their next attempt.
  ///
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func reschedule(
    _ job: JobID, to start: Moment?, input: JSONValue?, by principal: Principal
  ) async throws -> Answer? {
    let sealed = try input.map { try content.seal($0, .jobInput, row: job.uuid) }
    let answer = try await change(job, by: principal) { transaction in
      let rows = try await transaction.commit(after: [
        JobEditStatements.reschedule(job, to: start, input: sealed, by: principal)
      ])
      return try rows[0].map { try $0.decode("fits", as: Bool.self) }
    }
    return answer.map { fits in
      guard let fits, !fits.isEmpty else { return .tooLate }
      return fits.contains(true) ? .changed : .pastDeadline
    }
  }

  /// - Returns: `nil` when the user has no such job, `.some(nil)` when it is over.
  private func change<Result: Sendable>(
    _ job: JobID, by principal: Principal,
    _ body: @Sendable (PostgresTransaction) async throws -> Result
  ) async throws -> Result?? {
    try await pool.transaction { transaction in
      let rows = try await transaction.pipeline([FinishStatements.lock([job])])[0]
      guard let locked = try rows.first.map(LockedJob.init), locked.user == principal.user else {
        return Result??.none
      }
      guard !locked.state.isFinal, !locked.isStopping else { return .some(nil) }
      return .some(try await body(transaction))
    }
  }
}
