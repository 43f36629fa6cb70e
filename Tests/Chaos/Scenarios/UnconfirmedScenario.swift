import Foundation
import Glibc
import LocalServices
import Postgres
import TestSupport

/// D7: the broker frozen, then killed, with tickets written to it that it has not confirmed.
package struct UnconfirmedScenario: Scenario {
  package let name = "unconfirmed"
  package let promises: [Promise] = [.D7]
  package let extent = (
    short: "three kills of a broker that was frozen for 2 s before",
    long: "100 kills of a broker that was frozen for 2 s before"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(1)
    try await bench.addWorkers(2)
    let load = LoadGenerator(
      bench, users: 24, ports: [bench.system.gatewayPorts[0]], pause: .milliseconds(50))
    let rounds = bench.isLong ? 100 : 3
    let kept = try await load.during {
      var dice = bench.dice("kills")
      var kept: [Int] = []
      for _ in 0..<rounds {
        try await Task.sleep(for: dice.duration(1000...2000))
        kept.append(try await freezeAndKill(bench))
      }
      return kept
    }
    var deeds = Checker.Deeds()
    deeds.hits = rounds
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 20 * rounds, surprises: load.surprises)
    let verdict = Verdict(
      .D7, observations: kept.count { $0 > 0 }, atLeast: rounds,
      counts: [
        "kills of a frozen broker": rounds, "tickets kept meanwhile": kept.reduce(0, +),
      ], faults: checks.filter { $0.promise == .D1 }.flatMap(\.faults))
    return checks + [verdict]
  }

  /// - Returns: How many tickets were in the outbox when the broker died, a confirm's usual time
  ///   after they were written.
  private func freezeAndKill(_ bench: ChaosBench) async throws -> Int {
    guard let node = await bench.system.stack.rabbitmq.runningProcess else { return 0 }
    kill(node.childPID, SIGSTOP)
    try await Task.sleep(for: .seconds(2))
    let kept = try await bench.system.count(
      "outbox WHERE step_id < uuid_at(now() - interval '500 ms')")
    try await HitSquad(bench, watch: ResumeWatch(bench.system)).killBroker()
    return kept
  }
}
