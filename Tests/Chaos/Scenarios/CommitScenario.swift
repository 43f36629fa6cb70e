import Foundation
import LocalServices
import TestSupport

/// D8: the answers to COMMITs cut off after the database has committed.
package struct CommitScenario: Scenario {
  package let name = "commits"
  package let promises: [Promise] = [.D8]
  package let extent = (
    short: "cuts of accepts, claims and finishes, five of each at least",
    long: "1,000 cuts, 200 of each kind at least"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    var dice = bench.dice("links")
    let upstream = bench.system.stack.ports.postgres
    let gateways = try FaultProxy(to: upstream, followsPostgres: true)
    let workers = try FaultProxy(to: upstream, followsPostgres: true)
    defer { [gateways, workers].forEach { $0.end() } }
    try await bench.addGateways(2, settings: try Self.settings(bench, gateways))
    try await bench.addWorkers(2, settings: try Self.settings(bench, workers))
    let load = LoadGenerator(
      bench, users: 24, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(50))
    let wanted = bench.isLong ? 200 : 5
    let total = bench.isLong ? 1000 : 20
    for proxy in [gateways, workers] {
      proxy.cutCommits([
        .accept: Int.random(in: 4...8, using: &dice), .claim: Int.random(in: 6...12, using: &dice),
        .finish: Int.random(in: 6...12, using: &dice),
      ])
    }
    let cuts = try await load.during {
      let deadline = ContinuousClock.now + .seconds(bench.isLong ? 1200 : 40)
      while ContinuousClock.now < deadline {
        let cuts = Self.cuts([gateways, workers])
        let kinds = [PostgresWrite.accept, .claim, .finish].map { cuts[$0] ?? 0 }
        if kinds.allSatisfy({ $0 >= wanted }), kinds.reduce(0, +) >= total { break }
        try await Task.sleep(for: .milliseconds(100))
      }
      [gateways, workers].forEach { $0.cutCommits([:]) }
      return Self.cuts([gateways, workers])
    }
    var deeds = Checker.Deeds()
    deeds.hits = cuts.values.reduce(0, +)
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 1000 : 20, surprises: load.surprises)
    let least = [PostgresWrite.accept, .claim, .finish].map { cuts[$0] ?? 0 }.min() ?? 0
    let verdict = Verdict(
      .D8, observations: least, atLeast: wanted,
      counts: [
        "accepts cut": cuts[.accept] ?? 0, "claims cut": cuts[.claim] ?? 0,
        "finishes cut": cuts[.finish] ?? 0,
      ],
      notes: checks.filter { $0.promise == .D1 }.map(\.seen),
      faults: checks.filter { $0.promise == .D1 || $0.promise == .D2 }.flatMap(\.faults))
    return checks + [verdict]
  }

  private static func cuts(_ proxies: [FaultProxy]) -> [PostgresWrite: Int] {
    proxies.reduce(into: [:]) { $0.merge($1.counts.cutCommits, uniquingKeysWith: +) }
  }

  private static func settings(
    _ bench: ChaosBench, _ proxy: FaultProxy
  ) throws -> [String: String] {
    ["OPENCLAW_DATABASE_URL": try bench.databaseURL(through: proxy)]
  }
}
