import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
public import Storage

/// Cancels jobs, with all that they have delegated.
public struct JobCanceller: Sendable {
  private let stopper: JobStopper
  private let families: FamilyKeeper

  /// The dispatcher's replies tell those who watch; `families` carries the wish down the tree.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    families: FamilyKeeper, metrics: Metrics
  ) {
    stopper = JobStopper(
      pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
    self.families = families
  }

  /// Whether the request counts.
  public enum Answer: Sendable, Hashable {
    /// It is cancelled, or will be once the step that runs has stopped.
    case accepted
    /// It was over before.
    case over(JobState)
  }

  /// Cancels a user's job and the jobs below it; asking again is harmless.
  ///
  /// - Parameter wholeTree: Whether to begin at the root of the job's tree instead.
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func cancel(
    _ job: JobID, wholeTree: Bool = false, by principal: Principal
  ) async throws -> Answer? {
    var first = job
    if wholeTree {
      guard
        let row = try await stopper.pool.query(
          ChildStatements.root(of: job, user: principal.user)
        ).first
      else { return nil }
      first = JobID(try row.decode("root_id", as: UUID.self))
    }
    let (answer, plans) = try await stopper.stop(first, .cancelled, by: principal)
    families.note(plans)
    return switch answer {
    case nil: nil
    case .accepted: .accepted
    case .over(let state): .over(state)
    }
  }
}
