import Foundation
import HTTP
import Jobs
import Synchronization
import TestSupport

/// D1, D2, D22: parts of the system killed and paused under a mixed load.
package struct KillScenario: Scenario {
  package let name = "kills"
  package let promises: [Promise] = [.D1, .D2, .D22]
  package let extent = (
    short: "each kind of hit once or twice in seeded order, one cold start",
    long: "3,000 hits or 40 minutes, whichever comes first; five cold starts"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    let watch = ResumeWatch(bench.system)
    let squad = HitSquad(bench, watch: watch)
    let load = LoadGenerator(
      bench, users: 40, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(100))
    let (deeds, kinds) = try await load.during {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await watch.run(atMost: .seconds(60)) }
        let done = try await hitAll(bench, squad)
        watch.end()
        try await group.waitForAll()
        return done
      }
    }
    let cold = try await coldStarts(bench.isLong ? 5 : 1, bench, squad)
    var allDeeds = deeds
    allDeeds.hits += cold.count
    allDeeds.mayRepeat += cold.count * 12
    var resumed = watch.verdict(atLeast: bench.isLong ? 200 : 1, limit: .seconds(25))
    resumed.merge(Self.verdict(onColdStarts: cold))
    let checks = try await Checker(bench).verdicts(
      allDeeds, jobs: bench.isLong ? 5000 : 100, surprises: load.surprises)
    let missing = HitSquad.Hit.allCases.filter { kinds[$0] == nil }.map { "no \($0.rawValue)" }
    let hits = Verdict(
      .D1, observations: deeds.hits, atLeast: bench.isLong ? 1000 : 10,
      notes: [kinds.map { "\($0.key.rawValue) \($0.value)" }.sorted().joined(separator: ", ")],
      faults: missing)
    return checks + [hits, resumed]
  }

  private func hitAll(
    _ bench: ChaosBench, _ squad: HitSquad
  ) async throws -> (Checker.Deeds, [HitSquad.Hit: Int]) {
    var dice = bench.dice("hits")
    var deeds = Checker.Deeds()
    var kinds: [HitSquad.Hit: Int] = [:]
    let deadline = ContinuousClock.now + .seconds(2400)
    for hit in Self.plan(isLong: bench.isLong, &dice) where ContinuousClock.now < deadline {
      try await Task.sleep(for: dice.duration(100...600))
      guard let interrupted = try await squad.carryOut(hit, &dice) else { continue }
      deeds.hits += 1
      deeds.mayRepeat += interrupted
      kinds[hit, default: 0] += 1
      if deeds.hits.isMultiple(of: 50) { bench.note("\(deeds.hits) hits") }
    }
    return (deeds, kinds)
  }

  /// Which hits, in which order: all kinds early on, then by weight.
  static func plan(isLong: Bool, _ dice: inout SplitMix64) -> [HitSquad.Hit] {
    let first = (HitSquad.Hit.allCases + [.workerKill, .workerKill, .gatewayKill])
      .shuffled(using: &dice)
    guard isLong else { return first }
    let weighted: [HitSquad.Hit] =
      HitSquad.Hit.allCases + Array(repeating: .workerKill, count: 12)
      + Array(repeating: .gatewayKill, count: 8) + Array(repeating: .workerFailpoint, count: 4)
      + Array(repeating: .gatewayFailpoint, count: 4)
    return first + (0..<(3000 - first.count)).map { _ in dice.pick(weighted) }
  }

  /// Kills everything at once, starts everything, and asks for a job.
  ///
  /// - Returns: From the kill to the job's result.
  private func coldStarts(
    _ count: Int, _ bench: ChaosBench, _ squad: HitSquad
  ) async throws -> [Duration] {
    var times: [Duration] = []
    for _ in 0..<count {
      let began = ContinuousClock.now
      let names = await bench.crew.names
      for name in names { _ = await bench.crew.kill(name) }
      async let database: Void = squad.killDatabase()
      async let broker: Void = squad.killBroker()
      _ = try await (database, broker)
      for name in names { try await bench.crew.restart(name) }
      times.append(try await bench.probe(within: .seconds(120)) - began)
    }
    return times
  }

  private static func verdict(onColdStarts times: [Duration]) -> Verdict {
    let slow = times.filter { $0 > .seconds(60) }
    return Verdict(
      .D22, observations: times.count, atLeast: 1, counts: ["cold starts": times.count],
      notes: ["slowest cold start \(times.max()?.inSeconds ?? "–")"],
      faults: slow.map { "a cold start took \($0.inSeconds)" })
  }
}
