import Foundation
import GatewayAPI
import Jobs
import Observability
import Synchronization

extension InMemoryJobService {
  /// Its workers are started and stopped by something on duty.
  static let managedPool = pool("agent.main")
  /// Nothing starts its workers.
  static let unmanagedPool = pool("skill.files")
  static let worker = WorkerID()
  static let lostWorker = WorkerID()
  static let orphan = JobID()

  private static func pool(_ name: String) -> Pool {
    guard let pool = Pool(name) else { preconditionFailure("no name of a pool: \(name)") }
    return pool
  }

  func lanes() async throws(ServiceError) -> LaneReport {
    try fail()
    let sweep = ReconcilerReport.Sweep(
      lookedAt: 7, orphans: 1, jobs: [Self.orphan] + state.withLock(\.orphans), endedAt: Self.now)
    var report = LaneReport(
      lanes: Self.sampleLanes, sampledAt: Date(), reconciler: ReconcilerReport(sweep: sweep))
    report.mark(state.withLock { Array($0.pauses.values) })
    return report
  }

  private static var sampleLanes: [LaneStatus] {
    [Self.managedPool, Self.unmanagedPool].flatMap { pool in
      Priority.allCases.map { priority in
        let lane = Lane(pool: pool, priority: priority)
        let isBusy = priority == .urgent
        return LaneStatus(
          lane: lane, queue: "openclaw.\(lane)", ready: isBusy ? 2 : 0, running: isBusy ? 1 : 0,
          held: isBusy ? ["budget": 3] : [:], dueLater: 0, dead: 0, unconfirmed: 0,
          oldestAge: isBusy ? .milliseconds(1_500) : nil, rateIn: 0.5, rateOut: 0, consumers: 1,
          broker: isBusy ? LaneStatus.Broker(messages: 5, consumers: 1) : nil,
          rung: isBusy ? 4 : 0)
      }
    }
  }

  func workers(for principal: Principal) async throws(ServiceError) -> [WorkerRecord] {
    try fail()
    let draining = state.withLock(\.draining)
    return [Self.lostWorker, Self.worker].map { id in
      let isLost = id == Self.lostWorker
      let step = WorkerRecord.RunningStep(
        step: StepID(), job: principal.role.mayOperate ? JobID() : nil, target: .agent("main"),
        priority: .high, startedAt: Self.now)
      return WorkerRecord(
        id: id, state: isLost ? .lost : draining.contains(id) ? .draining : .running,
        pools: isLost ? [Self.unmanagedPool] : [Self.managedPool], slots: 4, busy: isLost ? 0 : 1,
        host: "host", pid: 17, version: "0.1.0", startedAt: Self.now, seenAt: Self.now,
        steps: isLost ? [] : [step])
    }
  }

  func drain(
    _ worker: WorkerID, by principal: Principal
  ) async throws(ServiceError) -> WorkerRecord? {
    _ = state.withLock { $0.draining.insert(worker) }
    return try await workers(for: principal).first { $0.id == worker }
  }

  func pools() async throws(ServiceError) -> [PoolRecord] {
    try fail()
    let desired = state.withLock(\.desired)
    return [Self.managedPool, Self.unmanagedPool].map { pool in
      var record = PoolRecord(
        pool: pool, desired: desired[pool], isManaged: pool == Self.managedPool,
        targetWait: state.withLock { $0.targetWaits[pool] }, workers: 1, slots: 4, running: 1,
        ready: 2, targets: [.agent("main")])
      record.paused = state.withLock { $0.pauses.values.pause(of: pool) }
      return record
    }
  }

  func scale(
    _ pool: Pool, to workers: Int, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord? {
    guard let record = try await pools().first(where: { $0.pool == pool }) else { return nil }
    guard record.isManaged else { throw .poolNotManaged }
    state.withLock { $0.desired[pool] = workers }
    return try await pools().first { $0.pool == pool }
  }

  func setTargetWait(
    _ wait: Duration?, of pool: Pool, by principal: Principal
  ) async throws(ServiceError) -> PoolRecord? {
    state.withLock { $0.targetWaits[pool] = wait }
    return try await pools().first { $0.pool == pool }
  }

  func metrics() async throws(ServiceError) -> MetricSnapshot {
    try fail()
    return metricsRegistry.snapshot()
  }
}
