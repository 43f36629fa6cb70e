import Jobs
import LocalServices
import Postgres
import TestSupport

/// D1: two calls of one turn that end side by side in two workers, far from the database.
package struct PairScenario: Scenario {
  package let name = "pairs"
  package let promises: [Promise] = [.D1]
  package let extent = (
    short: "150 jobs whose turn makes two calls at once, workers 10 ms from the database",
    long: "5,000 jobs whose turn makes two calls at once, workers 10 ms from the database"
  )

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    let proxy = try FaultProxy(to: bench.system.stack.ports.postgres)
    defer { proxy.end() }
    // A finish is under way for longer than its calls ended apart.
    proxy.set(.latency(.milliseconds(10)))
    try await bench.addGateways(1)
    try await bench.addWorkers(
      4, settings: ["OPENCLAW_DATABASE_URL": try bench.databaseURL(through: proxy)])
    let jobs = bench.isLong ? 5000 : 150
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<jobs {
        if number >= 8 { try await group.next() }
        group.addTask {
          try await bench.enqueue(
            LoadRequest(
              key: "pair-\(number)",
              body: [
                "target": "agent:main",
                "input": .string("job \(number)\nuse system.clock {}\nuse system.clock {}"),
              ]))
        }
      }
      try await group.waitForAll()
    }
    try await bench.waitForEnd()
    let pairs = try await bench.system.count(
      """
      steps AS one JOIN steps AS other ON other.job_id = one.job_id AND other.turn = one.turn
      WHERE one.index < other.index AND one.worker_id <> other.worker_id
        AND abs(extract(epoch FROM one.finished_at - other.finished_at)) < 0.02
      """)
    var deeds = Checker.Deeds()
    deeds.hits = pairs
    let checks = try await Checker(bench).verdicts(deeds, jobs: jobs)
    let verdict = Verdict(
      .D1, observations: pairs, atLeast: jobs / 10,
      counts: ["pairs of calls that ended within 20 ms in two workers": pairs])
    return checks + [verdict]
  }
}
