import Foundation
import Glibc
import Postgres
import TestSupport

/// D10: workers paused for three leases just before they would write, while others take over.
package struct PauseScenario: Scenario {
  package let name = "pauses"
  package let promises: [Promise] = [.D10]
  package let extent = (
    short: "four workers paused at once for 45 s, at failpoints and in between",
    long: "pauses of 45 s, eight workers at once, until others went on with 200 steps"
  )

  /// As a catalogue wants it.
  package init() {}

  /// Where a worker stops itself, with a result in its hands.
  private static let places = ["model-done", "skill-exited", "finish-commit", "model-sent"]

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (victims, rounds, minimum) = bench.isLong ? (8, 25, 200) : (4, 1, 2)
    try await bench.addGateways(1)
    try await bench.addWorkers(victims + 1)
    let load = LoadGenerator(
      bench, users: 16, ports: [bench.system.gatewayPorts[0]], pause: .milliseconds(100))
    let (paused, taken) = try await load.during {
      var dice = bench.dice("pauses")
      var (paused, taken) = (0, 0)
      // A worker may have had nothing when it was stopped: only what others went on with counts.
      while paused < victims * rounds || taken < minimum && paused < 2 * victims * rounds {
        let (stopped, others) = try await round(victims, bench, &dice)
        paused += stopped
        taken += others
      }
      return (paused, taken)
    }
    var deeds = Checker.Deeds()
    deeds.hits = paused
    // The restart with a failpoint kills what ran, the pause takes what runs.
    deeds.mayRepeat = paused * 8
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: 50, surprises: load.surprises)
    let discarded = bench.system.count(of: "no longer ours", inLog: "worker")
    let faults = checks.flatMap { $0.promise == .D2 || $0.promise == .D1 ? $0.faults : [] }
    let verdict = Verdict(
      .D10, observations: min(paused, taken), atLeast: minimum,
      counts: [
        "pauses of 45 s": paused, "steps taken over meanwhile": taken,
        "results discarded afterwards": discarded, "stale writes": faults.count,
      ], faults: faults)
    return checks + [verdict]
  }

  /// - Returns: How many workers were paused, and how many of their steps others went on with.
  private func round(
    _ victims: Int, _ bench: ChaosBench, _ dice: inout SplitMix64
  ) async throws -> (Int, Int) {
    let names = (0..<victims).map { "worker \($0)" }
    for name in names {
      _ = await bench.crew.kill(name)
      let point = "\(dice.pick(Self.places)):\(Int.random(in: 1...4, using: &dice)):stop"
      try await bench.crew.restart(name, failpoints: point)
    }
    var pids: [Int32] = []
    for name in names { if let pid = await bench.crew.pid(of: name) { pids.append(pid) } }
    defer { pids.forEach { kill($0, SIGCONT) } }
    // Whoever has not met its failpoint by then is stopped wherever it is.
    let patience = ContinuousClock.now + .seconds(15)
    while !(await bench.crew.areStopped(names)), ContinuousClock.now < patience {
      try await Task.sleep(for: .milliseconds(50))
    }
    pids.forEach { kill($0, SIGSTOP) }
    let watch = ResumeWatch(bench.system)
    var held: [(step: UUID, claim: UUID)] = []
    for pid in pids { held += try await watch.steps(of: pid) }
    try await Task.sleep(for: .seconds(45))
    let taken = try await bench.system.count(
      """
      steps WHERE id = ANY(\(held.map(\.step)))
        AND (claim_id IS NULL OR claim_id <> ALL(\(held.map(\.claim))))
      """)
    pids.forEach { kill($0, SIGCONT) }
    try await Task.sleep(for: .seconds(5))
    return (pids.count, taken)
  }
}
