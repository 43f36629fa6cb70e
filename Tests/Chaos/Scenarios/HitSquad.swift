import Foundation
import Glibc
import LocalServices
import Postgres
import Synchronization
package import TestSupport

/// Kills and pauses the parts of a running system, each in its own way.
package struct HitSquad: Sendable {
  /// A way to hit a part.
  package enum Hit: String, Sendable, CaseIterable {
    case workerKill = "worker killed"
    case workerPause = "worker paused"
    case workerFailpoint = "worker killed at a failpoint"
    case gatewayKill = "gateway killed"
    case gatewayPause = "gateway paused"
    case gatewayFailpoint = "gateway killed at a failpoint"
    case brokerKill = "broker killed"
    case brokerPause = "broker paused"
    case databaseKill = "database killed"
    case backendKill = "database backend killed"
  }

  private static let workerFailpoints = [
    "claim-commit", "model-sent", "model-done", "skill-spawned", "skill-exited", "finish-commit",
    "ticket-publish",
  ]
  private static let gatewayFailpoints = ["accept-commit", "ticket-publish"]
  /// What a worker of the bench runs at once.
  private static let slots = 4

  private let bench: ChaosBench
  private let watch: ResumeWatch

  package init(_ bench: ChaosBench, watch: ResumeWatch) {
    self.bench = bench
    self.watch = watch
  }

  /// Carries a hit out, and starts again what it killed.
  ///
  /// - Returns: How many calls it may have interrupted; `nil` when nothing was hit.
  package func carryOut(_ hit: Hit, _ dice: inout SplitMix64) async throws -> Int? {
    let workers = await bench.crew.names(of: "worker")
    let gateways = await bench.crew.names(of: "gateway")
    switch hit {
    case .workerKill:
      try await killWorker(dice.pick(workers))
      return Self.slots
    case .workerPause:
      // At most one in three outlasts a lease.
      let time = dice.duration(
        Int.random(in: 0..<3, using: &dice) == 0 ? 15_000...18_000 : 500...6000)
      try await bench.crew.freeze(dice.pick(workers), for: time)
      return Self.slots
    case .workerFailpoint:
      let point = "\(dice.pick(Self.workerFailpoints)):\(Int.random(in: 1...6, using: &dice))"
      let died = try await bench.crew.restart(
        dice.pick(workers), dyingAt: point, within: .seconds(20))
      return died == nil ? nil : 2 * Self.slots
    case .gatewayKill:
      let name = dice.pick(gateways)
      _ = await bench.crew.kill(name)
      try await bench.crew.restart(name)
    case .gatewayPause:
      try await bench.crew.freeze(dice.pick(gateways), for: dice.duration(500...5000))
    case .gatewayFailpoint:
      let point = "\(dice.pick(Self.gatewayFailpoints)):\(Int.random(in: 1...6, using: &dice))"
      let died = try await bench.crew.restart(
        dice.pick(gateways), dyingAt: point, within: .seconds(20))
      if died == nil { return nil }
    case .brokerKill: try await killBroker()
    case .brokerPause:
      guard let node = await bench.system.stack.rabbitmq.runningProcess else { return nil }
      kill(node.childPID, SIGSTOP)
      defer { kill(node.childPID, SIGCONT) }
      try await Task.sleep(for: dice.duration(500...5000))
    case .databaseKill: try await killDatabase()
    case .backendKill: return try await killBackend() ? 0 : nil
    }
    return 0
  }

  /// Kills a worker in the middle of a step, if it comes to that, and starts it again at once.
  ///
  /// - Parameter endsLeases: Whether what it held may be taken back at once.
  package func killWorker(_ name: String, endsLeases: Bool = false) async throws {
    guard let pid = await bench.crew.pid(of: name) else { return }
    // An idle worker's death shows little.
    let deadline = ContinuousClock.now + .seconds(5)
    var aboard = try await watch.steps(of: pid)
    while aboard.isEmpty, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(2))
      aboard = try await watch.steps(of: pid)
    }
    let killedAt = await bench.crew.kill(name)
    try await watch.add(aboard, killedAt: killedAt)
    if endsLeases { try await bench.system.endLeases(ofWorker: pid) }
    try await bench.crew.restart(name)
  }

  /// Kills the broker's node and starts it again at once.
  package func killBroker(wipingDisk: Bool = false) async throws {
    let broker = bench.system.stack.rabbitmq
    await broker.runningProcess?.killProgram()
    _ = await broker.waitUntilEnded()
    if wipingDisk { try await broker.wipeData() }
    try await broker.start()
  }

  /// Kills the postmaster, and with it all backends, and starts it again at once.
  package func killDatabase() async throws {
    let database = bench.system.stack.postgres
    watch.disturb()
    await database.runningProcess?.killProgram()
    _ = await database.waitUntilEnded()
    try await database.start()
    watch.disturb()
  }

  /// Kills one backend, at which the postmaster ends all others and recovers.
  private func killBackend() async throws -> Bool {
    let backends = try await bench.system.rows(
      """
      SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'openclaw-%'
        AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
      """
    ) { try $0.decode("pid", as: Int32.self) }
    guard let backend = backends.first else { return false }
    watch.disturb()
    return kill(backend, SIGKILL) == 0
  }
}
