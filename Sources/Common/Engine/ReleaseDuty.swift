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

  func run() async throws -> Bool {
    let rows = try await pool.pipeline([
      SessionStatements.promoteStranded, GateStatements.promoteFree,
      DutyStatements.forgetUniqueKeys, GateStatements.forgetPauses,
    ])
    let left = try await pool.query(SessionStatements.left)
      .map { JobID(try $0.decode("job_id", as: UUID.self)) }
    if !left.isEmpty {
      _ = try await pool.transaction { transaction in
        try await transaction.commit(after: [SessionStatements.leave(left)])
      }
    }
    let promoted = try rows[0...1].joined().map { try TicketRow($0) }
    if !promoted.isEmpty { try Failpoint.promote.hit() }
    dispatcher.dispatch(ready: promoted, metrics)
    return promoted.count >= 256
  }
}
