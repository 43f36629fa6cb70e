import FoundationEssentials
import Jobs
import Observability
import Postgres
import Storage

/// Lets those go on in whose way nothing is any more: steps that a session, a limit or a pause holds
/// although it need not, and unique keys whose period is over.
///
/// Whoever ends a step lets the next one go on itself; this finds what a race or a dying process has
/// left behind, and pauses that end by themselves.
struct ReleaseDuty: Duty {
  let name = "release"
  let makesReady = true
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let dispatcher: TicketDispatcher
  let metrics: Metrics
  private let place = WalkPlace()

  init(pool: PostgresPool, dispatcher: TicketDispatcher, metrics: Metrics) {
    self.pool = pool
    self.dispatcher = dispatcher
    self.metrics = metrics
  }

  func run() async throws -> Bool {
    let last = place.last
    let rows = try await pool.pipeline([
      SessionStatements.promoteStranded(after: last), GateStatements.promoteFree,
      DutyStatements.forgetUniqueKeys, GateStatements.forgetPauses,
    ])
    let walk = try await pool.query(SessionStatements.walk(after: last)).first
    let left = try walk.map { try place.advance(by: $0, of: SessionStatements.batch) } ?? []
    let next = left.isEmpty ? [] : try await leave(left)
    let promoted = try (rows[0...1].joined() + next).map { try TicketRow($0) }
    if !promoted.isEmpty { try Failpoint.promote.hit() }
    dispatcher.dispatch(ready: promoted, metrics)
    return promoted.count >= 256
  }

  /// Takes jobs that are over out of their sessions.
  ///
  /// - Returns: The tickets of those that come after them.
  private func leave(_ left: [JobID]) async throws -> [Row] {
    try await pool.transaction { transaction in
      try await transaction.commit(after: [
        SessionStatements.leave(left), SessionStatements.promote(after: left),
      ])[1]
    }
  }
}
