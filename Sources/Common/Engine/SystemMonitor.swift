public import JobQueue
public import Jobs
public import Logging
public import Observability
public import Postgres
import Storage

/// How lanes, workers and pools stand. Readers share a sample, so that their number costs the
/// database nothing.
public actor SystemMonitor {
  private let reader: QueueReader
  private let pools: PoolStore
  private let workers: WorkerStore
  private let inspector: LaneInspector
  private let topology: Topology
  private let telemetry: Telemetry
  private let logger: Logger

  private struct Sample {
    var lanes: [LaneStatus] = []
    var workers: [WorkerRecord] = []
    var takenAt: ContinuousClock.Instant
    var cost: Duration
  }

  private var sample: Sample?
  private var sampling: Task<Sample, any Error>?
  private var broker: [Lane: BrokerDepth]?
  private var brokerAskedAt: ContinuousClock.Instant?

  /// Asks nothing before the first reader comes.
  public init(
    pool: PostgresPool, inspector: LaneInspector, topology: Topology, telemetry: Telemetry,
    logger: Logger
  ) {
    reader = QueueReader(pool: pool)
    pools = PoolStore(pool: pool)
    workers = WorkerStore(pool: pool)
    self.inspector = inspector
    self.topology = topology
    self.telemetry = telemetry
    self.logger = logger
  }

  /// Every lane of the topology; at most a second old, or ten times as old as it cost to count.
  public func lanes() async throws -> [LaneStatus] { try await current().lanes }

  /// The workers of the last day; `nil` names the jobs of all.
  public func workers(viewer: UserID?) async throws -> [WorkerRecord] {
    try await reader.workers(viewer: viewer)
  }

  /// Tells a worker to drain.
  ///
  /// - Returns: The worker; `nil` for an unknown id.
  public func drain(_ worker: WorkerID, by principal: Principal) async throws -> WorkerRecord? {
    guard try await pools.drain(worker, by: principal) else { return nil }
    return try await reader.workers(viewer: nil, worker: worker).first
  }

  /// Every pool of the topology, by name.
  public func poolRecords() async throws -> [PoolRecord] {
    let sample = try await current()
    let settings = try await pools.settings()
    let catalog = try await workers.catalog()
    let live = try await reader.workers(viewer: nil).filter { $0.state == .running }
    let targets =
      catalog.agents.keys.map(Target.agent) + catalog.skills.keys.map(Target.skill)
    return topology.lanes.pools.sorted().map { pool in
      let serving = live.filter { $0.pools.contains(pool) }
      let lanes = sample.lanes.filter { $0.lane.pool == pool }
      return PoolRecord(
        pool: pool, desired: settings[pool]?.desired,
        isManaged: settings[pool]?.isManaged ?? false, workers: serving.count,
        slots: serving.map(\.slots).reduce(0, +), running: lanes.map(\.running).reduce(0, +),
        ready: lanes.map(\.ready).reduce(0, +),
        targets: targets.filter { $0.pool == pool }.sorted { $0.description < $1.description })
    }
  }

  /// Says how many workers a pool shall have.
  ///
  /// - Returns: `nil` for a pool that the topology has not.
  public func scale(
    _ pool: Pool, to count: Int, by principal: Principal
  ) async throws -> ScaleAnswer? {
    guard topology.lanes.pools.contains(pool) else { return nil }
    guard try await pools.settings()[pool]?.isManaged == true else { return .notManaged }
    try await pools.setDesired(count, of: pool, by: principal)
    return .accepted
  }

  /// What became of a wish for more or fewer workers.
  public enum ScaleAnswer: Sendable {
    case accepted
    /// Nothing would act on it.
    case notManaged
  }

  /// The counters of the whole system, and the gauges of a sample.
  public func metrics() async throws -> MetricSnapshot {
    let sample = try await current()
    var snapshot = telemetry.total()
    snapshot.fill(lanes: sample.lanes, workers: sample.workers, pools: topology.lanes.pools)
    return snapshot
  }

  private func current() async throws -> Sample {
    if let sample, ContinuousClock.now - sample.takenAt < max(.seconds(1), sample.cost * 10) {
      return sample
    }
    if let sampling { return try await sampling.value }
    // Shared by all who ask meanwhile; each of them waits for it.
    let sampling = Task { try await self.take() }
    self.sampling = sampling
    defer { self.sampling = nil }
    let taken = try await sampling.value
    sample = taken
    return taken
  }

  private func take() async throws -> Sample {
    let start = ContinuousClock.now
    let counts = try await reader.counts()
    let workers = try await reader.workers(viewer: nil)
    let cost = ContinuousClock.now - start
    let depths = await brokerDepths()
    let rates = telemetry.rates
    let live = workers.filter { $0.state == .running }
    let lanes = topology.allLanes.map { lane in
      let count = counts[lane] ?? LaneCounts()
      let rate = rates.rates(of: lane)
      return LaneStatus(
        lane: lane, queue: topology.queue(of: lane), ready: count.ready, running: count.running,
        held: count.held > 0 ? ["other": count.held] : [:], dueLater: count.dueLater,
        dead: count.dead, unconfirmed: count.unconfirmed, oldestAge: count.oldestAge,
        rateIn: rate.in, rateOut: rate.out,
        consumers: live.count { $0.pools.contains(lane.pool) },
        broker: depths?[lane].map {
          LaneStatus.Broker(messages: $0.messages, consumers: $0.consumers)
        })
    }
    return Sample(lanes: lanes, workers: workers, takenAt: .now, cost: cost)
  }

  /// The broker's figures, two seconds old at most; `nil` while it does not answer within one.
  private func brokerDepths() async -> [Lane: BrokerDepth]? {
    if let askedAt = brokerAskedAt, ContinuousClock.now - askedAt < .seconds(2) { return broker }
    broker = await withTaskGroup(of: [Lane: BrokerDepth]?.self) { group in
      group.addTask { [inspector, logger] in
        do {
          return try await inspector.depths()
        } catch {
          logger.debug(
            "the broker's depths are not known",
            metadata: .fields([.error: String(describing: error)]))
          return nil
        }
      }
      group.addTask {
        // Cancelled as soon as the broker has answered.
        try? await Task.sleep(for: .seconds(1))
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    brokerAskedAt = .now
    return broker
  }
}

extension MetricSnapshot {
  /// Sets the gauges that tell of lanes and workers.
  fileprivate mutating func fill(lanes: [LaneStatus], workers: [WorkerRecord], pools: [Pool]) {
    for status in lanes {
      let labels = status.lane.labels
      let states: [(String, Int)] = [
        ("ready", status.ready), ("running", status.running),
        ("held", status.held.values.reduce(0, +)), ("due_later", status.dueLater),
        ("dead", status.dead), ("unconfirmed", status.unconfirmed),
      ]
      for (state, count) in states { set(.queueMessages, labels + [state], to: Double(count)) }
      if let broker = status.broker {
        set(.queueMessages, labels + ["broker"], to: Double(broker.messages))
      }
      set(.queueOldestAge, labels, to: (status.oldestAge ?? .zero) / .seconds(1))
      set(.queueConsumers, labels, to: Double(status.consumers))
    }
    set(.outboxRows, to: Double(lanes.map(\.unconfirmed).reduce(0, +)))
    for pool in pools {
      let serving = workers.filter { $0.pools.contains(pool) }
      for state in WorkerRecord.State.allCases {
        set(
          .workers, [pool.name, state.rawValue],
          to: Double(serving.count { $0.state == state }))
      }
      let live = serving.filter { $0.state != .lost }
      let (busy, slots) = (live.map(\.busy).reduce(0, +), live.map(\.slots).reduce(0, +))
      set(.workerSlots, [pool.name, "busy"], to: Double(busy))
      set(.workerSlots, [pool.name, "free"], to: Double(max(0, slots - busy)))
    }
  }
}
