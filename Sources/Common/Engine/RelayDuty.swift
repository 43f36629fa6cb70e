import JobQueue
import Jobs
import Observability
import Postgres
import Storage

/// Sends tickets that their committer could not get confirmed.
struct RelayDuty: Duty {
  let name = "relay"
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let publisher: LanePublisher
  let backlog: BacklogGauge

  func run() async throws -> Bool {
    let count = try await pool.query(DutyStatements.outboxSize(limit: backlog.limit)).first?
      .decode("count", as: Int64.self)
    backlog.update(Int(count ?? 0))
    guard publisher.isReady else { return false }
    let rows = try await pool.query(DutyStatements.leaseTickets).map(TicketRow.init)
    guard !rows.isEmpty else { return false }
    let tickets = rows.map { Ticket(step: $0.step, job: $0.job, lane: $0.lane) }
    let deliveries = try await TicketDispatcher.send(tickets, over: publisher, pool: pool)
    return deliveries.contains(.confirmed) && rows.count == Int(DutyStatements.batch)
  }
}

/// Makes due steps ready: retries, and later delays and schedules.
struct ReadyDuty: Duty {
  let name = "ready"
  let makesReady = true
  let interval = Duration.milliseconds(500)
  let pool: PostgresPool
  let dispatcher: TicketDispatcher
  let metrics: Metrics

  func run() async throws -> Bool {
    let rows = try await pool.query(DutyStatements.makeReady).map(TicketRow.init)
    dispatcher.dispatch(ready: rows, metrics)
    return rows.count == Int(DutyStatements.batch)
  }
}
