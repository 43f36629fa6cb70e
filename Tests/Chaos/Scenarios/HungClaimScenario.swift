import AMQP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D1: a worker killed while its claims hang on their way to the database, its tickets in hand.
package struct HungClaimScenario: Scenario {
  package let name = "claims"
  package let promises: [Promise] = [.D1]
  package let extent = (
    short: "four workers killed with the tickets of six jobs each, none of which they could claim",
    long: "100 workers killed so"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let queue = "openclaw.skill.system.normal"
  private static let jobs = 6

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let proxy = try FaultProxy(to: bench.system.stack.ports.postgres)
    defer { proxy.end() }
    try await bench.addGateways(1)
    try await bench.addWorkers(
      1, settings: ["OPENCLAW_DATABASE_URL": try bench.databaseURL(through: proxy)])
    let rounds = bench.isLong ? 100 : 4
    var held = 0
    for number in 0..<rounds { held += try await round(number, bench, proxy) }
    try await bench.waitForEnd()
    var deeds = Checker.Deeds()
    deeds.hits = rounds
    let checks = try await Checker(bench).verdicts(deeds, jobs: rounds * Self.jobs)
    let verdict = Verdict(
      .D1, observations: held, atLeast: rounds,
      counts: ["workers killed with hanging claims": rounds, "tickets in their hands": held])
    return checks + [verdict]
  }

  /// - Returns: How many tickets the worker held when it was killed.
  private func round(
    _ number: Int, _ bench: ChaosBench, _ proxy: FaultProxy
  ) async throws -> Int {
    // Nothing runs, so that no step comes back with a ticket of its own.
    proxy.set(.blackHole)
    for place in 0..<Self.jobs {
      try await bench.enqueue(
        LoadRequest(
          key: "claim-\(number)-\(place)", body: ["target": "skill:system.clock", "input": [:]]))
    }
    let held = try await ticketsInHand(bench)
    _ = await bench.crew.kill("worker 0")
    proxy.set(.none)
    try await bench.crew.restart("worker 0")
    // Given back tickets come at once; what is left is waited for in the end.
    try await bench.wait(atMost: .seconds(10)) {
      try await bench.system.count("jobs WHERE state < 4") == 0
    }
    return held
  }

  /// Waits until the worker has had a second with all the tickets that it takes.
  private func ticketsInHand(_ bench: ChaosBench) async throws -> Int {
    let broker = try await AMQPChannel.open(
      AMQPConfiguration(url: try bench.system.stack.amqpURL(), connectionName: "chaos"))
    try await bench.wait(atMost: .seconds(10)) {
      guard try await bench.system.count("outbox WHERE true") == 0 else { return false }
      return try await broker.declareQueuePassive(Self.queue).messageCount == 0
    }
    try await Task.sleep(for: .seconds(1))
    let left = try await broker.declareQueuePassive(Self.queue).messageCount
    await broker.close()
    return max(0, Self.jobs - Int(left))
  }
}
