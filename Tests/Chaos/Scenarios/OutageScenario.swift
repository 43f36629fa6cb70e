import LocalServices
import Postgres
import TestSupport

/// D2: the database away for longer than a lease, with all workers alive and busy.
package struct OutageScenario: Scenario {
  package let name = "outage"
  package let promises: [Promise] = [.D2]
  package let extent = (
    short: "16 steps running in four workers, the database stopped for 20 s, for workers 4 s more",
    long:
      "16 steps running in four workers, the database stopped for 20 s, for workers 4 s more; ten times"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let workers = 4
  private static let jobs = 16

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.stub.serve(pace: .seconds(1), log: bench.modelLog)
    try await bench.addGateways(3)
    let proxy = try FaultProxy(to: bench.system.stack.ports.postgres)
    defer { proxy.end() }
    try await bench.addWorkers(
      Self.workers, settings: ["OPENCLAW_DATABASE_URL": try bench.databaseURL(through: proxy)])
    let rounds = bench.isLong ? 10 : 1
    var lasted = 0
    for number in 0..<rounds { lasted += try await round(number, bench, proxy) }
    var deeds = Checker.Deeds()
    deeds.hits = rounds
    let checks = try await Checker(bench).verdicts(deeds, jobs: rounds * Self.jobs)
    let again = try await bench.system.count("steps WHERE runs > 1")
    let verdict = Verdict(
      .D2, observations: lasted, atLeast: rounds * Self.jobs / 2,
      counts: ["steps that ran while the database was away": lasted, "started again": again],
      faults: again > 0 ? ["\(again) steps of living workers were taken away"] : [])
    return checks + [verdict]
  }

  /// - Returns: How many steps were running when the database went away.
  private func round(
    _ number: Int, _ bench: ChaosBench, _ proxy: FaultProxy
  ) async throws -> Int {
    try await bench.waitForWorkers(Self.workers)
    for place in 0..<Self.jobs {
      try await bench.enqueueTalk("outage-\(number)-\(place)", words: 50)
    }
    try await bench.wait(atMost: .seconds(10)) {
      try await bench.system.count("steps WHERE state = 3") == Self.jobs
    }
    // Claims are on disk soon after their COMMIT, and no sooner.
    try await Task.sleep(for: .seconds(2))
    let running = try await bench.system.count("steps WHERE state = 3")
    proxy.set(.reset)
    await bench.system.stack.postgres.stop()
    try await Task.sleep(for: .seconds(20))
    try await bench.system.stack.postgres.start()
    // Gateways are back first, and see leases that nobody could renew.
    try await Task.sleep(for: .seconds(4))
    proxy.set(.none)
    // Some may have waited for a slot, and begin now.
    try await bench.waitForEnd(plus: .seconds(60))
    return running
  }
}
