import Foundation
import Jobs
import Postgres
import TestSupport

/// D13: urgent jobs behind a backlog of low ones, and low ones beside a backlog of normal ones.
package struct PriorityScenario: Scenario {
  package let name = "priorities"
  package let promises: [Promise] = [.D13]
  package let extent = (
    short: "20 urgent jobs behind 400 low ones; 150 low ones beside 300 normal ones",
    long: "500 urgent jobs behind 10,000 low ones; 2,000 low ones beside 4,000 normal ones"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let (low, urgent) = bench.isLong ? (10_000, 500) : (400, 20)
    try await bench.addGateways(1)
    try await enqueue(low, "low", bench)
    try await bench.addWorkers(1)
    while try await bench.system.count("steps WHERE started_at IS NOT NULL") < 20 {
      try await Task.sleep(for: .milliseconds(50))
    }
    for _ in 0..<urgent {
      try await enqueue(1, "urgent", bench)
      try await Task.sleep(for: .milliseconds(100))
    }
    try await drain(bench)
    let waits = try await waits(bench)
    let (lowStarts, starts) = try await startsOfLow(bench)
    var deeds = Checker.Deeds()
    deeds.hits = 1
    let checks = try await Checker(bench).verdicts(deeds, jobs: low + urgent)
    let slow = waits.urgent.filter { $0 > waits.longestStep + .milliseconds(250) }
    var faults = slow.map { "an urgent step waited \($0.inSeconds)" }
    // Starts are looked at from the middle of one ten to the middle of another.
    if lowStarts < starts / 10 - 1 { faults.append("low had \(lowStarts) of \(starts) starts") }
    let verdict = Verdict(
      .D13, observations: waits.urgent.count, atLeast: urgent,
      counts: [
        "urgent jobs": urgent, "low jobs before them": low, "starts looked at": starts,
        "of low": lowStarts,
      ],
      notes: [
        "urgent waited at most \(milliseconds(waits.urgent.max()))",
        "the longest step took \(milliseconds(waits.longestStep))",
      ], faults: faults)
    return checks + [verdict]
  }

  /// Stops the worker, fills both lanes, and looks who is started while both have work.
  private func startsOfLow(_ bench: ChaosBench) async throws -> (low: Int, of: Int) {
    let (normal, low) = bench.isLong ? (4000, 2000) : (300, 150)
    _ = await bench.crew.kill("worker 0")
    let since = try await bench.system.rows("SELECT clock_timestamp() AS t") {
      try $0.decode("t", as: Date.self)
    }
    try await enqueue(normal, "normal", bench)
    try await enqueue(low, "low", bench)
    try await bench.crew.restart("worker 0")
    try await drain(bench)
    // Neither lane is empty during the first half of the normal ones; the very first are started
    // before the worker has heard of both.
    let starts = try await bench.system.rows(
      """
      SELECT count(*) FILTER (WHERE priority = 3) AS low, count(*) AS n FROM (
        SELECT priority FROM steps WHERE created_at > \(since[0]) AND started_at IS NOT NULL
        ORDER BY started_at, id OFFSET 20 LIMIT \(Int64(normal / 2))) AS first
      """
    ) { (Int(try $0.decode("low", as: Int64.self)), Int(try $0.decode("n", as: Int64.self))) }
    return starts.first ?? (0, 1)
  }

  private func waits(
    _ bench: ChaosBench
  ) async throws -> (urgent: [Duration], longestStep: Duration) {
    let steps = try await bench.system.rows(
      """
      SELECT priority, (extract(epoch FROM started_at - ready_at) * 1000)::bigint AS waited,
        (extract(epoch FROM finished_at - started_at) * 1000)::bigint AS ran FROM steps
      """
    ) { row in
      (
        try row.decode("priority", as: Int16.self), try row.decode("waited", as: Int64.self),
        try row.decode("ran", as: Int64.self)
      )
    }
    return (
      steps.filter { $0.0 == 0 }.map { .milliseconds($0.1) },
      .milliseconds(steps.map(\.2).max() ?? 0)
    )
  }

  private func enqueue(_ count: Int, _ priority: String, _ bench: ChaosBench) async throws {
    for _ in 0..<count {
      let key = UUID().uuidString
      let job = try await bench.client().accepted(
        LoadRequest(
          key: key,
          body: [
            "target": "agent:main", "input": .string("job \(key) one two three four"),
            "priority": .string(priority),
          ]))
      try await bench.ledger.note(accepted: job, key: key)
    }
  }

  private func drain(_ bench: ChaosBench) async throws {
    while try await bench.system.count("jobs WHERE state < 4") > 0 {
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private func milliseconds(_ duration: Duration?) -> String {
    "\(Int((duration ?? .zero) / .milliseconds(1))) ms"
  }
}
