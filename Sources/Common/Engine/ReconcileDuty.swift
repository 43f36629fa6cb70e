import JobQueue
import Jobs
import Logging
import Observability
import Postgres
import Storage
import Synchronization

/// Rings lanes whose tickets the broker has lost, for example with its disk.
struct ReconcileDuty: Duty {
  let name = "reconcile"
  let interval = Duration.seconds(5)
  let pool: PostgresPool
  let publisher: LanePublisher
  let inspector: LaneInspector
  let metrics: Metrics
  let logger: Logger
  /// How long the connection to the broker must have lasted: what it says just after its start may
  /// be wrong.
  let patience: Duration
  private let shortages = LockedShortages()

  init(
    pool: PostgresPool, publisher: LanePublisher, inspector: LaneInspector, metrics: Metrics,
    logger: Logger, patience: Duration = .seconds(60)
  ) {
    self.pool = pool
    self.publisher = publisher
    self.inspector = inspector
    self.metrics = metrics
    self.logger = logger
    self.patience = patience
  }

  func failed() async { shortages.reset() }

  func run() async throws -> Bool {
    guard !SafetyNet.reconcile.isOff, publisher.isConnected(for: patience) else {
      shortages.reset()
      return false
    }
    let wanted = try await pool.query(DutyStatements.depths).map(LaneDepth.init)
    // A series that is there before the first loss, as a rate needs something to rise from.
    for depth in wanted { metrics.rung(0, in: depth.lane) }
    guard wanted.contains(where: { $0.ready > 0 }) else {
      shortages.reset()
      return false
    }
    let brokers = try await inspector.depths()
    for (lane, missing) in shortages.sample(wanted, brokers) {
      try await ring(lane, count: missing)
    }
    return false
  }

  private func ring(_ lane: Lane, count: Int) async throws {
    logger.warning(
      "the broker lost tickets; the lane is rung again",
      metadata: .fields([.lane: lane, .count: count]))
    var left = min(count, 10_000)
    let steps = try await pool.query(DutyStatements.readySteps(of: lane, limit: left))
      .map(TicketRow.init)
    for start in stride(from: 0, to: steps.count, by: 256) where left > 0 {
      let tickets = steps[start..<min(start + 256, steps.count)]
        .map { Ticket(step: $0.step, job: $0.job, lane: $0.lane) }
      let confirmed = await publisher.publish(tickets).count { $0 == .confirmed }
      metrics.rung(confirmed, in: lane)
      left -= tickets.count
    }
  }
}

/// Which lanes were short of tickets in three samples running: a pure decision.
struct ShortageWatch: Sendable {
  private var samples: [Lane: [Int]] = [:]

  /// Takes a sample of the database and of the broker.
  ///
  /// Tickets in the hands of consumers are not in the broker's count, so as many as they may
  /// hold are never missed; their idle claims find those steps.
  ///
  /// - Returns: The lanes to ring, with the least number missing in the three samples.
  mutating func sample(
    _ wanted: [LaneDepth], _ brokers: [Lane: BrokerDepth], prefetch: Int
  ) -> [(lane: Lane, missing: Int)] {
    var short: [Lane: [Int]] = [:]
    var due: [(Lane, Int)] = []
    for depth in wanted {
      guard let broker = brokers[depth.lane] else { continue }
      let missing =
        depth.ready - depth.unconfirmed - broker.messages - broker.consumers * prefetch
      guard missing > 0 else { continue }
      let history = (samples[depth.lane] ?? []) + [missing]
      if history.count >= 3 {
        due.append((depth.lane, history.min() ?? 0))
      } else {
        short[depth.lane] = history
      }
    }
    samples = short
    return due
  }
}

/// A ``ShortageWatch`` that the duty's runs share.
private final class LockedShortages: Sendable {
  private let watch = Mutex(ShortageWatch())

  func reset() { watch.withLock { $0 = ShortageWatch() } }

  func sample(
    _ wanted: [LaneDepth], _ brokers: [Lane: BrokerDepth]
  ) -> [(lane: Lane, missing: Int)] {
    watch.withLock {
      $0.sample(wanted, brokers, prefetch: TicketReader.maximumPrefetch)
    }
  }
}
