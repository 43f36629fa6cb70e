import TestSupport

/// D23: probes behind two gateways, as behind a load balancer, beside a load and all kinds of hits.
package struct AvailabilityScenario: Scenario {
  package let name = "availability"
  package let promises: [Promise] = [.D23]
  package let extent = (
    short: "for a minute or longer " + Self.text + "; of fewer than 1,000 probes none may fail",
    long: "for an hour " + Self.text
  )

  /// What counts as a success.
  private static let text =
    "a probe each second beside a light load: a POST, to the two gateways in turns, the other one "
    + "asked when one has not answered within 1.2 s, has its 202 or 200 within 2 s and its result "
    + "within 30 s (a killed worker's steps go on within 25 s); gateways, workers and broker are "
    + "killed and paused, never both gateways at once; probes that are under way between a kill of "
    + "the database and 5 s after its start are listed apart"

  /// As a catalogue wants it.
  package init() {}

  private static let kinds: [HitSquad.Hit] = [
    .workerKill, .workerPause, .gatewayKill, .gatewayPause, .brokerKill, .brokerPause,
  ]
  /// From the database's start until gateways and workers must have found it again.
  private static let reconnect = Duration.seconds(5)

  /// What was done beside the probes.
  private struct Trouble {
    var kinds: [HitSquad.Hit: Int] = [:]
    var mayRepeat = 0
    /// Since the first probe: from a kill of the database until it should be used again.
    var outages: [ClosedRange<Duration>] = []
  }

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    let load = LoadGenerator(
      bench, users: 8, ports: Array(bench.system.gatewayPorts.prefix(2)),
      pause: .milliseconds(500))
    let (tally, trouble) = try await load.during { try await probe(bench) }
    var deeds = Checker.Deeds()
    deeds.hits = trouble.kinds.values.reduce(0, +)
    deeds.mayRepeat = trouble.mayRepeat
    let checks = try await Checker(bench).verdicts(
      deeds, jobs: bench.isLong ? 7000 : 100, surprises: load.surprises)
    let missing = (Self.kinds + [.databaseKill]).filter { trouble.kinds[$0] == nil }
    return checks + [
      tally.verdict(
        atLeast: bench.isLong ? 3000 : 30, apart: trouble.outages,
        hits: Dictionary(uniqueKeysWithValues: trouble.kinds.map { ($0.key.rawValue, $0.value) }),
        missing: missing.map(\.rawValue))
    ]
  }

  /// Begins a probe each second until the hits are over, and waits for the last ones.
  private func probe(_ bench: ChaosBench) async throws -> (ProbeTally, Trouble) {
    let start = ContinuousClock.now
    let graves = Graves()
    async let hitting = hitAll(since: start, closing: graves, bench)
    let tally = try await withThrowingTaskGroup(of: ProbeTally.Entry.self) { group in
      var number = 0
      while !graves.areClosed {
        let probe = AvailabilityProbe(bench: bench, number: number, start: start)
        group.addTask { try await probe.run() }
        number += 1
        try await Task.sleep(until: start + .seconds(number), clock: .continuous)
      }
      return try await group.reduce(into: ProbeTally()) { $0.add($1) }
    }
    return (tally, try await hitting)
  }

  /// Hits one part after the other, in rounds of all kinds; in a long run, the database in each
  /// fifth round.
  private func hitAll(
    since start: ContinuousClock.Instant, closing graves: Graves, _ bench: ChaosBench
  ) async throws -> Trouble {
    defer { graves.close() }
    let squad = HitSquad(bench, watch: ResumeWatch(bench.system))
    let end = start + (bench.isLong ? .seconds(3600) : .seconds(60))
    var dice = bench.dice("hits")
    var trouble = Trouble()
    var round = 0
    while round == 0 || ContinuousClock.now < end {
      let kills: [HitSquad.Hit] =
        round == 0 || bench.isLong && round.isMultiple(of: 5) ? [.databaseKill] : []
      for hit in (Self.kinds + kills).shuffled(using: &dice)
      where round == 0 || ContinuousClock.now < end {
        try await Task.sleep(for: dice.duration(bench.isLong ? 3000...7000 : 1000...3000))
        let began = ContinuousClock.now - start
        guard let interrupted = try await squad.carryOut(hit, &dice) else { continue }
        trouble.kinds[hit, default: 0] += 1
        trouble.mayRepeat += interrupted
        if hit == .databaseKill {
          trouble.outages.append(began...(ContinuousClock.now - start + Self.reconnect))
        }
        // One of the two gateways is always there.
        for gateway in 0..<2 { try await bench.client(gateway).waitUntilReady() }
      }
      round += 1
      if bench.isLong { bench.note("\(round) rounds") }
    }
    return trouble
  }
}
