import FoundationEssentials
public import JobQueue
public import Jobs
public import Logging
public import Observability
public import Postgres
import Storage

/// How lanes, workers and pools stand. Those who ask for lanes or metrics share a sample, so that
/// their number costs the database nothing.
public actor SystemMonitor {
  private let reader: QueueReader
  private let pools: PoolStore
  private let workers: WorkerStore
  private let gates: GateStore
  private let broker: BrokerGauge
  private let topology: Topology
  private let telemetry: Telemetry
  private let logger: Logger

  private struct Sample {
    let report: LaneReport
    let workers: [WorkerRecord]
    /// How many schedules have paused by themselves, by why.
    let stopped: [String: Int]
    let takenAt: ContinuousClock.Instant
    let cost: Duration

    var lanes: [LaneStatus] { report.lanes }
  }

  private var sample: Sample?
  private var sampling: Task<Sample, any Error>?
  private var sizes: (tables: [TableSize], takenAt: ContinuousClock.Instant)?

  /// Asks nothing before the first reader comes.
  public init(
    pool: PostgresPool, broker: BrokerGauge, topology: Topology, telemetry: Telemetry,
    logger: Logger
  ) {
    reader = QueueReader(pool: pool)
    pools = PoolStore(pool: pool)
    workers = WorkerStore(pool: pool)
    gates = GateStore(pool: pool)
    self.broker = broker
    self.topology = topology
    self.telemetry = telemetry
    self.logger = logger
  }

  /// Every lane of the topology; at most a second old, or ten times as old as it cost to count.
  /// Which pauses keep them is read anew, so that whoever pauses a queue sees that at once.
  public func lanes() async throws -> LaneReport {
    var report = try await current().report
    report.mark(try await gates.presentPauses())
    return report
  }

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
    let pauses = try await gates.presentPauses()
    let catalog = try await workers.catalog()
    let live = sample.workers.filter { $0.state == .running }
    let targets =
      catalog.agents.keys.map(Target.agent) + catalog.skills.keys.map(Target.skill)
    return topology.lanes.pools.sorted().map { pool in
      let serving = live.filter { $0.pools.contains(pool) }
      let lanes = sample.lanes.filter { $0.lane.pool == pool }
      var record = PoolRecord(
        pool: pool, desired: settings[pool]?.desired,
        isManaged: settings[pool]?.isManaged ?? false, targetWait: settings[pool]?.targetWait,
        workers: serving.count,
        slots: serving.map(\.slots).reduce(0, +), running: lanes.map(\.running).reduce(0, +),
        ready: lanes.map(\.ready).reduce(0, +),
        targets: targets.filter { $0.pool == pool }.sorted { $0.description < $1.description })
      record.paused = pauses.pause(of: pool)
      return record
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

  /// Says how long the steps of a pool should wait at most; `nil` for as long as it takes.
  ///
  /// - Returns: Whether the topology has the pool.
  public func setTargetWait(
    _ wait: Duration?, of pool: Pool, by principal: Principal
  ) async throws -> Bool {
    guard topology.lanes.pools.contains(pool) else { return false }
    try await pools.setTargetWait(wait, of: pool, by: principal)
    return true
  }

  /// What became of a wish for more or fewer workers.
  public enum ScaleAnswer: Sendable {
    case accepted
    /// Nothing would act on it.
    case notManaged
  }

  /// The counters of the whole system, and the gauges of a sample, which are missing while the
  /// database does not answer.
  public func metrics() async -> MetricSnapshot {
    var snapshot = telemetry.total()
    do {
      let sample = try await current()
      snapshot.fill(try await gates.presentPauses(), on: sample.lanes)
      snapshot.fill(lanes: sample.lanes, workers: sample.workers, pools: topology.lanes.pools)
      snapshot.fill(sample.report.reconciler)
      for reason in [TickOutcome.notAllowed, .unreadable] {
        let count = sample.stopped[reason.rawValue] ?? 0
        snapshot.set(.schedulesStopped, [reason.rawValue], to: Double(count))
      }
      snapshot.fill(try await tableSizes())
    } catch {
      logger.debug(
        "no sample for the metrics", metadata: .fields([.error: String(describing: error)]))
    }
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

  /// What tables take; a minute old at most, as it changes slowly.
  private func tableSizes() async throws -> [TableSize] {
    if let sizes, .now - sizes.takenAt < .seconds(60) { return sizes.tables }
    let tables = try await reader.tableSizes()
    sizes = (tables, .now)
    return tables
  }

  private func take() async throws -> Sample {
    let start = ContinuousClock.now
    let counts = try await reader.counts()
    let workers = try await reader.workers(viewer: nil)
    let reconciler = try await reader.reconciler()
    let stopped = try await reader.stoppedSchedules()
    let cost = ContinuousClock.now - start
    let depths = await broker.depths()
    let (rates, totals) = (telemetry.rates, telemetry.total())
    let live = workers.filter { $0.state == .running }
    let lanes = topology.allLanes.map { lane in
      let count = counts[lane] ?? LaneCounts()
      let rate = rates.rates(of: lane)
      var status = LaneStatus(
        lane: lane, queue: topology.queue(of: lane), ready: count.ready, running: count.running,
        held: count.held, dueLater: count.dueLater,
        dead: count.dead, unconfirmed: count.unconfirmed, oldestAge: count.oldestAge,
        rateIn: rate.in, rateOut: rate.out,
        consumers: live.count { $0.pools.contains(lane.pool) },
        broker: depths?[lane].map {
          LaneStatus.Broker(messages: $0.messages, consumers: $0.consumers)
        }, rung: Int(totals.value(.reconcilerRung, lane.labels) ?? 0))
      status.meanRun = rates.meanRun(of: lane)
      return status
    }
    return Sample(
      report: LaneReport(lanes: lanes, sampledAt: Date(), reconciler: reconciler),
      workers: workers, stopped: stopped, takenAt: .now, cost: cost)
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
      if let surplus = status.surplus { set(.reconcilerSurplus, labels, to: Double(surplus)) }
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

  /// Sets the gauges that tell what is paused.
  fileprivate mutating func fill(_ pauses: [PauseRecord], on lanes: [LaneStatus]) {
    for kind in GateKey.Kind.allCases {
      let some = pauses.filter { $0.key.kind == kind }
      set(.pauses, [kind.rawValue], to: Double(some.count))
      let first = some.filter { $0.until == nil }.map(\.since).min()
      set(
        .endlessPauseAge, [kind.rawValue], to: first.map { max(0, -$0.timeIntervalSinceNow) } ?? 0)
    }
    for status in lanes {
      set(.queuePaused, status.lane.labels, to: pauses.pause(of: status.lane) == nil ? 0 : 1)
      set(.limitHeldSteps, status.lane.labels, to: Double(status.held["limit"] ?? 0))
    }
  }

  /// Sets the gauges that tell what takes the room.
  fileprivate mutating func fill(_ tables: [TableSize]) {
    for size in tables {
      set(.tableBytes, [size.table], to: Double(size.bytes))
      set(.tableRows, [size.table], to: Double(size.rows))
    }
  }

  /// Sets the gauges that tell what is amiss.
  fileprivate mutating func fill(_ reconciler: ReconcilerReport) {
    guard let sweep = reconciler.sweep else { return }
    set(.reconcilerOrphans, to: Double(sweep.orphans))
  }
}
