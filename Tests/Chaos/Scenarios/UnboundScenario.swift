import AMQP
import LocalServices
import Postgres
import TestSupport

/// D6: lanes unbound for so long that their tickets are sent again in vain before they are bound.
package struct UnboundScenario: Scenario {
  package let name = "unbound"
  package let promises: [Promise] = [.D6]
  package let extent = (
    short: "two lanes unbound for 9 s, under load",
    long: "two lanes unbound for 9 s, under load; 50 times"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let lanes = ["agent.main.normal", "skill.system.normal"]
  private static let exchange = "openclaw.work"

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(1)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: 24, ports: [bench.system.gatewayPorts[0]], pause: .milliseconds(50))
    let rounds = bench.isLong ? 50 : 1
    let kept = try await load.during {
      let broker = try await AMQPChannel.open(
        AMQPConfiguration(url: try bench.system.stack.amqpURL(), connectionName: "chaos"))
      var dice = bench.dice("lanes")
      var kept: [Int] = []
      for _ in 0..<rounds {
        try await Task.sleep(for: dice.duration(1000...2000))
        kept.append(try await unbind(broker, bench))
        // Those that were kept are due 15 s later; until then most users wait.
        if bench.isLong { try await Task.sleep(for: .seconds(20)) }
      }
      await broker.close()
      return kept
    }
    var deeds = Checker.Deeds()
    deeds.hits = rounds
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 20 * rounds, surprises: load.surprises)
    let verdict = Verdict(
      .D6, observations: kept.count { $0 > 0 }, atLeast: rounds,
      counts: [
        "times that lanes were unbound": rounds, "tickets sent again in vain": kept.reduce(0, +),
      ],
      faults: checks.filter { $0.promise == .D1 }.flatMap(\.faults))
    return checks + [verdict]
  }

  /// - Returns: How many tickets had been sent a second time when the lanes were bound again.
  private func unbind(_ broker: AMQPChannel, _ bench: ChaosBench) async throws -> Int {
    for lane in Self.lanes {
      try await broker.unbind(
        queue: "openclaw.\(lane)", exchange: Self.exchange, routingKey: lane)
    }
    try await Task.sleep(for: .seconds(9))
    // A ticket that is taken to be sent again is due 15 s later, a new one after 5 s.
    let kept = try await bench.system.count("outbox WHERE not_before > now() + interval '5 s'")
    for lane in Self.lanes {
      try await broker.bind(queue: "openclaw.\(lane)", exchange: Self.exchange, routingKey: lane)
    }
    return kept
  }
}
