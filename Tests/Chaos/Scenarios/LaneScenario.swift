import AMQP
import LocalServices
import Postgres
import TestSupport

/// D6: lanes unbound and deleted while tickets are on their way to them.
package struct LaneScenario: Scenario {
  package let name = "lanes"
  package let promises: [Promise] = [.D6]
  package let extent = (
    short: "three lanes unbound for 3 s each, then three deleted, under load",
    long: "100 lanes unbound for 3 s each, then 50 deleted, under load"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let exchange = "openclaw.work"
  private static let pools = ["agent.main", "skill.files", "skill.system"]

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: 24, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(20))
    let (unbound, deleted) = bench.isLong ? (100, 50) : (3, 3)
    let (kept, slowest) = try await load.during {
      let broker = try await AMQPChannel.open(
        AMQPConfiguration(url: try bench.system.stack.amqpURL(), connectionName: "chaos"))
      var dice = bench.dice("lanes")
      var kept = 0
      for _ in 0..<unbound { kept += try await unbind(Self.lane(&dice), broker, bench) }
      var slowest = Duration.zero
      for _ in 0..<deleted {
        slowest = max(slowest, try await delete(Self.lane(&dice), broker))
      }
      await broker.close()
      return (kept, slowest)
    }
    var deeds = Checker.Deeds()
    deeds.hits = unbound + deleted
    deeds.hasWipedLanes = true
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 20 * deeds.hits, surprises: load.surprises)
    let verdict = Verdict(
      .D6, observations: kept, atLeast: unbound,
      counts: ["lanes unbound": unbound, "lanes deleted": deleted, "tickets kept back": kept],
      notes: ["deleted lanes were there again within \(slowest.inSeconds)"],
      faults: checks.filter { $0.promise == .D1 }.flatMap(\.faults))
    return checks + [verdict]
  }

  private static func lane(_ dice: inout SplitMix64) -> String {
    "\(dice.pick(pools)).\(dice.pick(["high", "normal", "normal", "urgent", "low"]))"
  }

  private static func queue(_ lane: String) -> String { "openclaw.\(lane)" }

  /// - Returns: How many tickets stayed in the outbox since nobody took them.
  private func unbind(
    _ lane: String, _ broker: AMQPChannel, _ bench: ChaosBench
  ) async throws -> Int {
    try await broker.unbind(queue: Self.queue(lane), exchange: Self.exchange, routingKey: lane)
    let end = ContinuousClock.now + .seconds(3)
    var kept = 0
    while ContinuousClock.now < end {
      try await Task.sleep(for: .milliseconds(100))
      // Older than half a second by the time in their ids: not just on their way.
      let waiting = try await bench.system.count(
        "outbox WHERE step_id < uuid_at(now() - interval '500 ms')")
      kept = max(kept, waiting)
    }
    try await broker.bind(queue: Self.queue(lane), exchange: Self.exchange, routingKey: lane)
    return kept
  }

  /// - Returns: After how long somebody had declared it again.
  private func delete(_ lane: String, _ broker: AMQPChannel) async throws -> Duration {
    _ = try await broker.deleteQueue(Self.queue(lane))
    let began = ContinuousClock.now
    while ContinuousClock.now - began < .seconds(30) {
      do {
        _ = try await broker.declareQueuePassive(Self.queue(lane))
        break
      } catch {
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    try await Task.sleep(for: .seconds(1))
    return .now - began - .seconds(1)
  }
}
