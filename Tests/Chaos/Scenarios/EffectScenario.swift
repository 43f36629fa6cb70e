import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D3: workers killed and paused around effects that may not be repeated.
package struct EffectScenario: Scenario {
  package let name = "effects"
  package let promises: [Promise] = [.D3]
  package let extent = (
    short:
      "eight kills of workers, two at each of four places around the effect, and two pauses longer "
      + "than a lease; what the dead held is taken back at once",
    long: "300 kills of workers, most of them at places around the effect, and 40 pauses"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  private static let places = ["effect-started", "skill-exited", "finish-commit", "claim-commit"]

  /// How often a worker died or stopped, by where.
  private typealias Hits = [String: Int]

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(4)
    let load = LoadGenerator(
      bench, users: 20, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(50), of: .effects)
    let hits = try await load.during {
      async let first = pauses(of: "worker 0", at: "effect-started", bench)
      async let second = pauses(of: "worker 1", at: nil, bench)
      return try await [kills(bench), first, second].reduce(into: Hits()) {
        $0.merge($1, uniquingKeysWith: +)
      }
    }
    var deeds = Checker.Deeds()
    deeds.hits = hits.values.reduce(0, +)
    // A restart takes what ran, and so does the end at the failpoint.
    deeds.mayRepeat = deeds.hits * 8
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 2000 : 40, surprises: load.surprises)
    return checks + [try await verdict(on: hits, bench)]
  }

  private func kills(_ bench: ChaosBench) async throws -> Hits {
    var dice = bench.dice("kills")
    let squad = HitSquad(bench, watch: ResumeWatch(bench.system))
    let rounds = bench.isLong ? 60 : 1
    var hits: Hits = [:]
    for _ in 0..<rounds {
      let places = Self.places.map { Optional($0) } + (bench.isLong ? [nil] : [nil, nil, nil, nil])
      for place in places.shuffled(using: &dice) {
        let worker = "worker \(dice.pick([2, 3]))"
        guard let place else {
          try await squad.killWorker(worker, endsLeases: !bench.isLong)
          hits["killed anywhere", default: 0] += 1
          continue
        }
        if try await kill(worker, at: place, bench, &dice) { hits[place, default: 0] += 1 }
      }
    }
    return hits
  }

  private func kill(
    _ worker: String, at place: String, _ bench: ChaosBench, _ dice: inout SplitMix64
  ) async throws -> Bool {
    let point = "\(place):\(Int.random(in: 1...3, using: &dice))"
    let dead = try await bench.crew.restart(worker, dyingAt: point, within: .seconds(20)) { pid in
      if !bench.isLong { try await bench.system.endLeases(ofWorker: pid) }
    }
    return dead != nil
  }

  private func pauses(
    of worker: String, at place: String?, _ bench: ChaosBench
  ) async throws -> Hits {
    var dice = bench.dice("pauses of \(worker)")
    let count = bench.isLong ? 20 : 1
    for _ in 0..<count {
      // A lease, and until the reaper has seen it.
      let time = dice.duration(16_500...18_000)
      if let place {
        let point = "\(place):\(Int.random(in: 1...4, using: &dice))"
        try await bench.crew.freeze(worker, at: point, for: time)
      } else {
        try await Task.sleep(for: dice.duration(200...1000))
        try await bench.crew.freeze(worker, for: time)
      }
    }
    return ["paused \(place.map { "at \($0)" } ?? "anywhere")": count]
  }

  /// Holds what the skill did against what the database says of it.
  private func verdict(on hits: Hits, _ bench: ChaosBench) async throws -> Verdict {
    let acts = try SkillLedger(bench.system.skillLedger).effects
    let steps = try await EffectStep.all(in: bench.system)
    var faults = steps.compactMap { $0.fault(acts: acts[$0.step.description] ?? 0) }
    let doubtful = steps.filter { $0.effect == .unknown }
    for step in doubtful {
      let error = try await bench.client().send(.get, "/api/v1/jobs/\(step.job)").json["error"]
      if error?["code"] != "outcome_unknown" { faults.append("\(step.job): \(error ?? .null)") }
    }
    let expected = Self.places + ["killed anywhere", "paused at effect-started", "paused anywhere"]
    faults += expected.filter { hits[$0] == nil }.map { "no worker was hit: \($0)" }
    return Verdict(
      .D3, observations: doubtful.count, atLeast: bench.isLong ? 100 : 3,
      counts: [
        "effects": acts.values.reduce(0, +), "repeated": acts.values.count { $0 > 1 },
        "unknown": doubtful.count,
        "of these that happened": doubtful.count { acts[$0.step.description] != nil },
      ],
      notes: hits.map { "\($0.key) \($0.value)" }.sorted(), faults: faults)
  }
}
