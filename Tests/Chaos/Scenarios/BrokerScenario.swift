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

  /// One kill.
  private struct Kill: Sendable {
    let isWipe: Bool
    /// From the kill until the broker answers again.
    let boot: Duration
    /// From the kill until tickets are confirmed again.
    let total: Duration
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: bench.isLong ? 64 : 32, ports: Array(bench.system.gatewayPorts.prefix(2)))
    let (kills, wipes) = bench.isLong ? (100, 5) : (3, 1)
    let began = ContinuousClock.now
    let (done, rest) = try await load.during {
      var dice = bench.dice("kills")
      var done: [Kill] = []
      for number in 0..<(kills + wipes) {
        try await Task.sleep(for: dice.duration(1000...3000))
        done.append(try await kill(bench, wipingDisk: number >= kills))
      }
      return (done, try await timeToEmptyOutbox(bench))
    }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    let steps = try await bench.system.count("steps WHERE true")
    var deeds = Checker.Deeds()
    deeds.hits = done.count
    deeds.hasWipedLanes = true
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 50 * done.count, surprises: load.surprises)
    var verdict = Self.verdict(on: done, atLeast: kills, isLong: bench.isLong)
    verdict.merge(
      Verdict(
        .D7, observations: wipes, atLeast: wipes,
        notes: [
          "the last kept ticket sent \(rest.inSeconds) later",
          "\(Int(Double(steps) / seconds)) tickets a second on average",
        ], faults: checks.filter { $0.promise == .D1 }.flatMap(\.faults)))
    return checks + [verdict]
  }

  private func kill(_ bench: ChaosBench, wipingDisk: Bool) async throws -> Kill {
    let killedAt = ContinuousClock.now
    try await HitSquad(bench, watch: ResumeWatch(bench.system)).killBroker(wipingDisk: wipingDisk)
    let boot = ContinuousClock.now - killedAt
    try await waitUntilConfirming(bench)
    let kill = Kill(isWipe: wipingDisk, boot: boot, total: .now - killedAt)
    bench.note("broker up after \(kill.boot.inSeconds), going again after \(kill.total.inSeconds)")
    return kill
  }

  /// The promised time in a long run. A short one shares its machine with other tests, so there the
  /// broker's own start is left out.
  private static func isTooLong(_ kill: Kill, _ isLong: Bool) -> Bool {
    isLong ? kill.total > .seconds(15) : kill.total - kill.boot > .seconds(10)
  }

  private static func verdict(
    on done: [Kill], atLeast minimum: Int, isLong: Bool
  ) -> Verdict {
    let plain = done.filter { !$0.isWipe }
    let totals = plain.map(\.total).sorted()
    let wiped = done.filter(\.isWipe).map(\.total).max()
    return Verdict(
      .D7, observations: plain.count, atLeast: minimum,
      counts: ["kills": plain.count, "kills with the disk deleted": done.count - plain.count],
      notes: [
        "going again after \(totals.percentile(50)?.inSeconds ?? "–") (median), "
          + "\(totals.last?.inSeconds ?? "–") (max)",
        "of which the broker's own start took at most "
          + "\(plain.map(\.boot).max()?.inSeconds ?? "–")",
        "without its disk \(wiped?.inSeconds ?? "–")",
      ],
      faults: plain.filter { isTooLong($0, isLong) }
        .map { "going again took \($0.total.inSeconds)" })
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
