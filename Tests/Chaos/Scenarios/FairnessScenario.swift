import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D12: users who come while the backlog of another one fills their lane.
package struct FairnessScenario: Scenario {
  package let name = "fairness"
  package let promises: [Promise] = [.D12]
  package let extent = (
    short: "a backlog of 300, six new users with a step each and one with 30",
    long: "a backlog of 100,000, 40 new users with a step each and one with 200"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  /// Steps that the only worker runs at once.
  private static let slots = 4

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (backlog, newcomers, burst) = bench.isLong ? (100_000, 40, 200) : (300, 6, 30)
    try await bench.addGateways(1)
    // In a long run, short ones: their number counts.
    try await bench.enqueueAll(
      (0..<backlog).map { request("backlog-\($0)", milliseconds: bench.isLong ? 20 : 100) })
    try await bench.addWorkers(1)
    try await bench.wait(atMost: .seconds(30)) {
      try await bench.system.count("steps WHERE started_at IS NOT NULL") >= 20
    }
    var dice = bench.dice("newcomers")
    for number in 0..<newcomers {
      try await Task.sleep(for: dice.duration(0...200))
      try await come(number, steps: 1, bench)
    }
    try await come(newcomers, steps: burst, bench)
    try await bench.waitForEnd(plus: bench.isLong ? .seconds(1800) : .zero)
    var deeds = Checker.Deeds()
    deeds.hits = 1
    let checks = try await Checker(bench).verdicts(deeds, jobs: backlog + newcomers + burst)
    let starts = try await Self.starts(of: "newcomer-%", bench)
    return checks + [
      Self.verdict(
        starts, newcomers: newcomers, burst: burst, backlog: backlog, slack: bench.slack)
    ]
  }

  private func request(_ key: String, milliseconds: Int64) -> LoadRequest {
    LoadRequest(
      key: key,
      body: ["target": "skill:test.pause", "input": ["milliseconds": .integer(milliseconds)]])
  }

  /// Lets a new user ask for steps and wait until the last one has started.
  private func come(_ number: Int, steps: Int, _ bench: ChaosBench) async throws {
    let name = "newcomer-\(number)"
    let client = bench.client(of: try await bench.system.addUser(named: name))
    for step in 0..<steps {
      let request = request("\(name)-\(step)", milliseconds: 20)
      let job = try await client.accepted(request)
      try await bench.ledger.note(accepted: job, key: request.key)
    }
    try await bench.wait(atMost: .seconds(60)) {
      try await bench.system.count(
        """
        steps JOIN jobs ON jobs.id = job_id
        WHERE idempotency_key LIKE \("\(name)-%") AND steps.started_at IS NULL
        """) == 0
    }
  }

  /// A step of a newcomer.
  private struct Start {
    /// Of the job.
    let key: String
    /// Steps of the backlog that started after the user's first one was accepted and before it.
    let before: Int
    /// Steps of the backlog that had not started when it did.
    let behind: Int
    let waited: Duration
  }

  private static func starts(of keys: String, _ bench: ChaosBench) async throws -> [Start] {
    try await bench.system.rows(
      """
      WITH backlog AS MATERIALIZED (
        SELECT started_at FROM steps WHERE user_id = \(bench.system.user.uuid)
      ), mine AS (
        SELECT jobs.idempotency_key AS key, steps.started_at,
          min(jobs.created_at) OVER (PARTITION BY jobs.user_id) AS came_at
        FROM jobs JOIN steps ON steps.job_id = jobs.id WHERE jobs.idempotency_key LIKE \(keys)
      )
      SELECT key, (extract(epoch FROM started_at - came_at) * 1000)::bigint AS waited,
        (SELECT count(*) FROM backlog
          WHERE backlog.started_at > came_at AND backlog.started_at < mine.started_at) AS before,
        (SELECT count(*) FROM backlog WHERE backlog.started_at > mine.started_at) AS behind
      FROM mine WHERE started_at IS NOT NULL
      """
    ) { row in
      Start(
        key: try row.decode("key", as: String.self),
        before: Int(try row.decode("before", as: Int64.self)),
        behind: Int(try row.decode("behind", as: Int64.self)),
        waited: .milliseconds(try row.decode("waited", as: Int64.self)))
    }
  }

  private static func verdict(
    _ starts: [Start], newcomers: Int, burst: Int, backlog: Int, slack: Int
  ) -> Verdict {
    let singles = starts.filter { !$0.key.hasPrefix("newcomer-\(newcomers)-") }
    // Whoever comes when the backlog is gone has nobody to be delayed by.
    let tried = singles.filter { $0.behind >= slots }
    // Others start while a slow machine still stores the newcomer's job.
    var faults = tried.filter { $0.before > slots * slack }.map {
      "\($0.key) started behind \($0.before) steps of the backlog"
    }
    // Of two users who both have work, each has every other start.
    let last = starts.filter { $0.key.hasPrefix("newcomer-\(newcomers)-") }.max {
      $0.before < $1.before
    }
    if (last?.behind ?? 0) < slots { faults.append("the backlog was gone before the last user") }
    if let last, last.before > burst + slots * slack {
      faults.append("\(burst) steps of a user started among \(last.before) of the backlog")
    }
    return Verdict(
      .D12, observations: tried.count, atLeast: newcomers,
      counts: [
        "backlog": backlog, "new users": tried.count,
        "most steps before one of theirs": tried.map(\.before).max() ?? 0,
        "before the last of \(burst)": last?.before ?? 0,
      ],
      notes: ["they waited at most \(tried.map(\.waited).max()?.inSeconds ?? "–")"],
      faults: faults)
  }
}
