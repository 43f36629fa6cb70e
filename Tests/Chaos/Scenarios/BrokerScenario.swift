import LocalServices
import Postgres
import TestSupport

/// D7: the broker killed and started again under load, the last time without its disk.
package struct BrokerScenario: Scenario {
  package let name = "broker"
  package let promises: [Promise] = [.D7]
  package let extent = (
    short: "three kills, and one more with its disk deleted",
    long: "100 kills, and five more with its disk deleted"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(2)
    let watch = ResumeWatch(bench.system)
    let squad = HitSquad(bench, watch: watch)
    let load = LoadGenerator(
      bench, users: bench.isLong ? 64 : 32, ports: Array(bench.system.gatewayPorts.prefix(2)))
    let (kills, wipes) = bench.isLong ? (100, 5) : (3, 1)
    let began = ContinuousClock.now
    let (times, rest) = try await load.during {
      var dice = bench.dice("kills")
      var times: [Duration] = []
      for number in 0..<(kills + wipes) {
        try await Task.sleep(for: dice.duration(1000...3000))
        let killedAt = ContinuousClock.now
        try await squad.killBroker(wipingDisk: number >= kills)
        try await waitUntilConfirming(bench)
        times.append(.now - killedAt)
        bench.note("going again after \((ContinuousClock.now - killedAt).inSeconds)")
      }
      return (times, try await timeToEmptyOutbox(bench))
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let steps = try await bench.system.count("steps WHERE true")
    var deeds = Checker.Deeds()
    deeds.hits = times.count
    deeds.hasWipedLanes = true
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 50 * times.count, surprises: load.surprises)
    let sorted = times.sorted()
    let verdict = Verdict(
      .D7, observations: times.count, atLeast: kills + wipes,
      counts: ["kills": kills, "kills with the disk deleted": wipes],
      notes: [
        "going again after \(sorted.percentile(50)?.inSeconds ?? "–") (median), "
          + "\(sorted.last?.inSeconds ?? "–") (max)",
        "the last kept ticket sent \(rest.inSeconds) later",
        "\(Int(Double(steps) / seconds)) tickets a second on average",
      ],
      faults: times.filter { $0 > .seconds(15) }.map { "going again took \($0.inSeconds)" }
        + checks.filter { $0.promise == .D1 }.flatMap(\.faults))
    return checks + [verdict]
  }

  /// Waits until all processes get new tickets confirmed: some steps of the last two seconds have a
  /// ticket, and none of them still waits in the outbox.
  private func waitUntilConfirming(_ bench: ChaosBench) async throws {
    let newest: SQL =
      "BETWEEN uuid_at(now() - interval '2 s') AND uuid_at(now() - interval '500 ms')"
    while true {
      let made = try await bench.system.count("steps WHERE id " + newest)
      let waiting = try await bench.system.count("outbox WHERE step_id " + newest)
      if made >= 5, waiting == 0 { return }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// - Returns: After how long the tickets of the broker's absence are sent, too. Their steps do not
  ///   wait for that: workers look for them without tickets.
  private func timeToEmptyOutbox(_ bench: ChaosBench) async throws -> Duration {
    let began = ContinuousClock.now
    let old: SQL = "outbox WHERE step_id < uuid_at(now() - interval '2 s')"
    while try await bench.system.count(old) > 0 { try await Task.sleep(for: .milliseconds(100)) }
    return .now - began
  }
}
