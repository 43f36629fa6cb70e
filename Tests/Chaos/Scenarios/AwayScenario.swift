import LocalServices
import Postgres
import TestSupport

/// D19: the broker stopped in order, and away for long, under load.
package struct AwayScenario: Scenario {
  package let name = "away"
  package let promises: [Promise] = [.D19]
  package let extent = (
    short: "the broker stopped for 15 s", long: "the broker stopped for 5 min, three times"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: 16, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(100))
    let (times, away) = bench.isLong ? (3, Duration.seconds(300)) : (1, .seconds(15))
    let (before, during) = try await load.during {
      var (before, during) = (0, 0)
      for _ in 0..<times {
        try await Task.sleep(for: .seconds(5))
        before += try await started(within: "5 s", bench)
        await bench.system.stack.rabbitmq.stop()
        // What had come from the broker before is in hand for a moment.
        try await Task.sleep(for: .seconds(3))
        try await Task.sleep(for: away - .seconds(3))
        during += try await started(within: bench.isLong ? "290 s" : "10 s", bench)
        try await bench.system.stack.rabbitmq.start()
        try await Task.sleep(for: .seconds(5))
      }
      return (before, during)
    }
    var deeds = Checker.Deeds()
    deeds.hits = times
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 50 * times, surprises: load.surprises)
    let verdict = Verdict(
      .D19, observations: during, atLeast: 20 * times,
      counts: ["absences": times, "steps started meanwhile": during],
      notes: [
        "\(Self.rate(during, over: bench.isLong ? 290 * times : 10)) a second, "
          + "with the broker \(Self.rate(before, over: 5 * times))"
      ], faults: checks.filter { $0.promise == .D1 || $0.promise == .D2 }.flatMap(\.faults))
    return checks + [verdict]
  }

  /// How many steps were started for the first time in the last so many seconds.
  private func started(within interval: String, _ bench: ChaosBench) async throws -> Int {
    try await bench.system.count("steps WHERE started_at > now() - \(interval)::text::interval")
  }

  private static func rate(_ count: Int, over seconds: Int) -> String {
    "\(count * 10 / seconds / 10).\(count * 10 / seconds % 10)"
  }
}
