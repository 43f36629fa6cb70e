import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
public import Storage

/// Cancels jobs: what waits at once; what runs stops as its worker hears of it, within a second.
public struct JobCanceller: Sendable {
  private let pool: PostgresPool
  private let dispatcher: TicketDispatcher
  private let writer: PlanWriter
  private let metrics: Metrics

  /// The dispatcher's replies tell those who watch.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, metrics: Metrics
  ) {
    self.metrics = metrics
    self.pool = pool
    self.dispatcher = dispatcher
    writer = PlanWriter(content: content)
  }

  /// Whether the request counts.
  public enum Answer: Sendable, Hashable {
    /// It is cancelled, or will be once the step that runs has stopped.
    case accepted
    /// It was over before.
    case over(JobState)
  }

  /// Cancels a user's job; asking again is harmless.
  ///
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func cancel(_ job: JobID, by principal: Principal) async throws -> Answer? {
    let (answer, plans) = try await pool.transaction { transaction in
      let rows = try await transaction.pipeline([FinishStatements.lock([job])])[0]
      var plans = try JobPlans(locked: rows)
      guard let locked = plans.all.first?.job, locked.user == principal.user else {
        return (Answer?.none, plans)
      }
      if locked.state.isFinal {
        return (locked.state == .cancelled ? .accepted : .over(locked.state), plans)
      }
      let written = try await transaction.pipeline([
        FinishStatements.markCancelled(job, by: principal),
        FinishStatements.cancelWaiting(of: job),
      ])
      plans.cancel(job, waiting: try written[1].map(ClosedStep.init(cancelled:)))
      _ = try await transaction.commit(after: try writer.statements(for: plans))
      return (.accepted, plans)
    }
    if answer == .accepted { try Failpoint.cancelCommit.hit() }
    metrics.ended(plans)
    dispatcher.dispatch(plans)
    return answer
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
