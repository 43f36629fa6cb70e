import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D10: what workers wrote to the database arrives after others have finished their steps.
package struct StallScenario: Scenario {
  package let name = "stalls"
  package let promises: [Promise] = [.D10]
  package let extent = (
    short:
      "six turns end in two workers at once, whose slow link stalls then; three times",
    long: "six turns end in two workers at once, whose slow link stalls then; 50 times"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let victims = 2
  private static let jobs = 6
  private static let latency = Duration.milliseconds(300)

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let proxy = try FaultProxy(to: bench.system.stack.ports.postgres)
    defer { proxy.end() }
    try await bench.addGateways(1)
    try await bench.addWorkers(
      Self.victims, settings: ["OPENCLAW_DATABASE_URL": try bench.databaseURL(through: proxy)])
    let rounds = bench.isLong ? 50 : 3
    var dice = bench.dice("stalls")
    var taken: [Int] = []
    for number in 0..<rounds { taken.append(try await round(number, bench, proxy, &dice)) }
    var deeds = Checker.Deeds()
    deeds.hits = rounds
    deeds.mayRepeat = rounds * Self.jobs
    let checks = try await Checker(bench).verdicts(deeds, jobs: rounds * Self.jobs)
    let faults = checks.flatMap { [.D1, .D2].contains($0.promise) ? $0.faults : [] }
    let verdict = Verdict(
      .D10, observations: taken.count { $0 > 0 }, atLeast: rounds,
      counts: [
        "stalls for longer than a lease": rounds, "steps taken over meanwhile": taken.reduce(0, +),
        "results discarded afterwards":
          bench.system.count(of: "no longer ours", inLog: "worker"),
        "stale writes": faults.count,
      ], faults: faults)
    return checks + [verdict]
  }

  /// - Returns: How many steps another worker went on with while the link stalled.
  private func round(
    _ number: Int, _ bench: ChaosBench, _ proxy: FaultProxy, _ dice: inout SplitMix64
  ) async throws -> Int {
    let jobs = try await beginTurns(number, bench).map(\.uuid)
    proxy.set(.latency(Self.latency))
    try await bench.stub.go(Int64(Self.jobs))
    // Half-way from a finish's first statement to its second, if it has two.
    try await Task.sleep(for: dice.duration(250...450))
    proxy.set(.stall)
    try await bench.addWorkers(1, from: Self.victims)
    // As if the leases had run out: a worker gives up a call to the database after 12 s, before they
    // would by themselves, and asks anew.
    for victim in 0..<Self.victims {
      guard let pid = await bench.crew.pid(of: "worker \(victim)") else { continue }
      try await bench.system.endLeases(ofWorker: pid)
    }
    // Until all is done again.
    var taken = 0
    try await bench.wait(atMost: .seconds(11)) {
      taken = try await bench.system.count(
        "steps WHERE job_id = ANY(\(jobs)) AND runs > 1 AND state > 3")
      return taken == Self.jobs
    }
    proxy.set(.none)
    // What was on its way arrives.
    try await Task.sleep(for: .seconds(2))
    try await bench.waitForEnd()
    _ = await bench.crew.kill("worker \(Self.victims)")
    return taken
  }

  /// Has turns run in the victims that wait for their last word.
  private func beginTurns(_ number: Int, _ bench: ChaosBench) async throws -> [JobID] {
    let turn: JSONValue = ["text": "done", "gate": true]
    try await bench.stub.script(.array(Array(repeating: turn, count: Self.jobs)))
    try await bench.stub.serve(pace: .milliseconds(10), log: bench.modelLog)
    try await bench.waitForWorkers(Self.victims)
    var jobs: [JobID] = []
    for place in 0..<Self.jobs {
      jobs.append(try await bench.enqueueTalk("stall-\(number)-\(place)", words: 1))
    }
    _ = try await bench.stub.wait(for: "waiting=\(Self.jobs)")
    return jobs
  }
}
