import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D18: delayed jobs and retries, over three gateways, two of which are killed as the workers are.
package struct TimesScenario: Scenario {
  package let name = "times"
  package let promises: [Promise] = [.D18]
  package let extent = (
    short:
      "60 jobs delayed by an hour, then 100 by 2 to 6 s and 20 that fail once, a kill of a gateway "
      + "or worker each second; what the dead held is taken back at once",
    long: "1,000 jobs delayed by an hour, then 2,000 by 5 s and 400 that fail once, and kills"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  /// How far from its time a step may start.
  private static let tolerance = Duration.seconds(2)
  private static let users = 4

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (far, near, failing) = bench.isLong ? (1000, 2000, 400) : (60, 100, 20)
    try await bench.addGateways(3)
    // With 80 starts a second of up to 300 ms each, a dozen slots would be all in use.
    try await bench.addWorkers(bench.isLong ? 6 : 3)
    for number in 0..<far { try await bench.enqueue(Self.far(number)) }
    let watch = RetryWatch(bench.system)
    let graves = Graves()
    async let killing = kill(until: graves, bench)
    async let watching: Void = watch.run(until: graves)
    try await askAll(near, failing, bench)
    graves.close()
    let (kills, _) = try await (killing, watching)
    let early = try await bench.system.count(
      """
      steps JOIN jobs ON jobs.id = job_id
      WHERE idempotency_key LIKE 'far-%' AND (steps.runs > 0 OR steps.state <> 0)
      """)
    try await cancelFar(bench)
    var deeds = Checker.Deeds()
    deeds.hits = kills
    deeds.mayRepeat = kills * 4 + failing
    let checks = try await Checker(bench).verdicts(deeds, jobs: far + near + failing)
    let starts = try await starts(watch, bench)
    return checks + [
      try verdict(starts, kills: kills, expected: near + failing, early: early, bench)
    ]
  }

  private func askAll(_ near: Int, _ failing: Int, _ bench: ChaosBench) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for user in 0..<Self.users {
        group.addTask { try await ask(as: user, near / Self.users, failing / Self.users, bench) }
      }
      try await group.waitForAll()
    }
    try await bench.waitForEnd(of: "idempotency_key NOT LIKE 'far-%'")
  }

  private static func far(_ number: Int) -> LoadRequest {
    LoadRequest(
      key: "far-\(number)", body: ["target": "skill:test.effect", "input": [:], "delay": "1h"])
  }

  /// Asks one gateway and the other for jobs that are due within seconds.
  private func ask(
    as user: Int, _ near: Int, _ failing: Int, _ bench: ChaosBench
  ) async throws {
    var dice = bench.dice("user \(user)")
    for number in 0..<near + failing {
      let delay = bench.isLong ? 5000 : Int.random(in: 2000...6000, using: &dice)
      let isFailing =
        (number + 1) * failing / (near + failing) > number * failing / (near + failing)
      let request = LoadRequest(
        key: "\(isFailing ? "failing" : "near")-\(delay)-\(user)-\(number)",
        body: [
          "target": isFailing ? "skill:test.fail" : "skill:test.effect",
          "input": isFailing
            ? ["times": 1] : ["milliseconds": .integer(.random(in: 0...300, using: &dice))],
          "delay": .string("\(delay)ms"),
        ])
      try await bench.enqueue(request, startingAt: number % 2)
      try await Task.sleep(for: dice.duration(0...100))
    }
  }

  /// Kills one part after the other until the graves are closed.
  ///
  /// - Returns: How many.
  private func kill(until graves: Graves, _ bench: ChaosBench) async throws -> Int {
    var dice = bench.dice("kills")
    var kills = 0
    while true {
      try await Task.sleep(for: dice.duration(bench.isLong ? 2000...4000 : 700...1500))
      if graves.areClosed { return kills }
      // One gateway is left alone: what its reaper does needs it to have lived for a lease.
      let name = dice.pick(["gateway 1", "gateway 2", "worker 0", "worker 1", "worker 2"])
      guard let pid = await bench.crew.pid(of: name) else { continue }
      _ = await bench.crew.kill(name)
      if !bench.isLong { try await bench.system.endLeases(ofWorker: pid) }
      try await bench.crew.restart(name)
      kills += 1
    }
  }

  private func cancelFar(_ bench: ChaosBench) async throws {
    for accepted in await bench.ledger.accepted where accepted.key.hasPrefix("far-") {
      let answer = try await bench.client().send(.post, "/api/v1/jobs/\(accepted.job)/cancel")
      guard answer.status == 200 else {
        throw Unexpected("the cancel of a delayed job was answered \(answer.status)")
      }
      try await bench.ledger.note(result: "cancelled", of: accepted.job)
    }
  }

  /// The last start of a step that no kill has moved: a killed worker's steps keep no trace of
  /// their first one.
  private struct Start {
    let key: String
    let isRetry: Bool
    /// In milliseconds after its time.
    let late: Int
  }

  private func starts(_ watch: RetryWatch, _ bench: ChaosBench) async throws -> [Start] {
    try await bench.system.rows(
      """
      SELECT idempotency_key AS key, steps.id, attempt > 1 AS is_retry,
        (extract(epoch FROM steps.started_at) * 1000)::bigint AS started,
        (extract(epoch FROM jobs.created_at) * 1000)::bigint
          + split_part(idempotency_key, '-', 2)::int AS due
      FROM jobs JOIN steps ON steps.job_id = jobs.id
      WHERE idempotency_key NOT LIKE 'far-%' AND steps.started_at IS NOT NULL
        AND steps.runs = attempt AND crashes = 0
      """
    ) { row -> Start? in
      let isRetry = try row.decode("is_retry", as: Bool.self)
      let step = StepID(try row.decode("id", as: UUID.self))
      let first = Int(try row.decode("due", as: Int64.self))
      guard let due = isRetry ? watch.due(step) : first else { return nil }
      return Start(
        key: try row.decode("key", as: String.self), isRetry: isRetry,
        late: Int(try row.decode("started", as: Int64.self)) - due)
    }.compactMap(\.self)
  }

  private func verdict(
    _ starts: [Start], kills: Int, expected: Int, early: Int, _ bench: ChaosBench
  ) throws -> Verdict {
    let limit = bench.slack * Int(Self.tolerance / .milliseconds(1))
    var faults = starts.filter { abs($0.late) > limit }
      .map { "\($0.key) started \($0.late) ms after its time" }
    let twice = try SkillLedger(bench.system.skillLedger).effects.filter { $0.value > 1 }
    faults += twice.map { "\($0.key) acted \($0.value) times" }
    if early > 0 { faults.append("\(early) jobs started an hour early") }
    let left = expected - starts.count
    if left > kills * 4 { faults.append("\(left) starts are unknown after \(kills) kills") }
    let retries = starts.filter(\.isRetry)
    if retries.isEmpty { faults.append("no retry was seen") }
    let notes = [("first starts", starts.filter { !$0.isRetry }), ("retries", retries)].map {
      "\($0) \($1.map(\.late).min() ?? 0) to \($1.map(\.late).max() ?? 0) ms after their time"
    }
    return Verdict(
      .D18, observations: kills > 0 ? starts.count : 0, atLeast: expected * 3 / 4,
      counts: [
        "starts": starts.count, "of these retries": retries.count, "kills": kills,
        "left out as their worker was killed": left, "acted twice": twice.count,
      ], notes: notes, faults: faults)
  }
}
