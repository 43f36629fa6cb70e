import JobQueue
import Jobs
import Observability
import Postgres
import Storage
import Synchronization

/// Sends tickets that their committer could not get confirmed: of all lanes in turn, so that one that
/// takes none delays no other.
struct RelayDuty: Duty {
  let name = "relay"
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let publisher: LanePublisher
  let backlog: BacklogGauge
  private let pauses = LockedPauses()

  init(pool: PostgresPool, publisher: LanePublisher, backlog: BacklogGauge) {
    self.pool = pool
    self.publisher = publisher
    self.backlog = backlog
  }

  /// The most tickets of one round, and of a lane in it.
  private static let limits = (round: 1024, lane: Int(DutyStatements.batch))

  func run() async throws -> Bool {
    try await measure()
    guard publisher.isReady else { return false }
    let waiting = try await pool.query(DutyStatements.lanesWithTickets)
      .map { try TicketRow.lane($0) }
    let lanes = pauses.open(among: waiting)
    guard !lanes.isEmpty else { return false }
    let share = min(Self.limits.lane, max(1, Self.limits.round / lanes.count))
    let rows = try await pool.query(DutyStatements.leaseTickets(of: lanes, each: share))
      .map(TicketRow.init)
    guard !rows.isEmpty else { return false }
    let tickets = rows.map { Ticket($0) }
    let deliveries = try await TicketDispatcher.send(tickets, over: publisher, pool: pool)
    let sent = Dictionary(grouping: zip(tickets, deliveries), by: { $0.0.lane })
    for (lane, sent) in sent { pauses.note(sent.map(\.1), in: lane) }
    return sent.values.contains { $0.count == share && $0.contains { $0.1 == .confirmed } }
  }

  /// Counts the tickets for the acceptor; those of each lane only while there are too many.
  private func measure() async throws {
    let count = try await pool.query(DutyStatements.outboxSize(limit: backlog.limit)).first?
      .decode("count", as: Int64.self)
    let isFull = Int(count ?? 0) >= backlog.limit
    let crowded =
      isFull ? try await pool.query(DutyStatements.crowdedLanes(limit: backlog.share)) : []
    backlog.update(Int(count ?? 0), crowded: Set(try crowded.map { try TicketRow.lane($0) }))
  }
}

/// Which lanes the relay leaves alone for a while, as their tickets are not taken.
struct LanePauses {
  /// The first pause of a lane, which doubles up to the longest.
  static let first = Duration.seconds(1), longest = Duration.seconds(8)

  private var pauses: [Lane: (end: ContinuousClock.Instant, length: Duration)] = [:]

  /// Those that may be tried now.
  func open(among lanes: [Lane], at now: ContinuousClock.Instant) -> [Lane] {
    lanes.filter { lane in pauses[lane].map { $0.end <= now } ?? true }
  }

  /// Learns what became of some tickets of a lane. A broker that is away is no lane's fault.
  mutating func note(
    _ deliveries: [TicketDelivery], in lane: Lane, at now: ContinuousClock.Instant
  ) {
    if deliveries.contains(.confirmed) {
      pauses[lane] = nil
    } else if deliveries.contains(where: { $0 == .unroutable || $0 == .rejected }) {
      let length = min(pauses[lane].map { $0.length * 2 } ?? Self.first, Self.longest)
      pauses[lane] = (now + length, length)
    }
  }
}

/// The pauses of a duty, by the clock.
private final class LockedPauses: Sendable {
  private let state = Mutex(LanePauses())

  func open(among lanes: [Lane]) -> [Lane] {
    state.withLock { $0.open(among: lanes, at: .now) }
  }

  func note(_ deliveries: [TicketDelivery], in lane: Lane) {
    state.withLock { $0.note(deliveries, in: lane, at: .now) }
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
