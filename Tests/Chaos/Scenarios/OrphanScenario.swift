import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// D15: jobs cancelled after their workers died, with nobody there to run them again.
package struct OrphanScenario: Scenario {
  package let name = "orphans"
  package let promises: [Promise] = [.D15]
  package let extent = (
    short: "eight running jobs, their workers killed, then cancelled",
    long: "eight running jobs, their workers killed, then cancelled; ten times"
  )

  /// As a catalogue wants it.
  package init() {}

  private static let jobs = 8
  private static let workers = 2
  /// A lease, the renewal that must have come, and the reaper's own pace.
  private static let limit = Duration.seconds(30)

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    try await bench.stub.serve(pace: .seconds(1), log: bench.modelLog)
    try await bench.addGateways(1)
    try await bench.addWorkers(Self.workers)
    let rounds = bench.isLong ? 10 : 1
    var (orphans, faults) = (0, [String]())
    for number in 0..<rounds {
      let jobs = try await orphanedJobs(number, bench)
      orphans += jobs.count
      faults += try await cancel(jobs, bench)
      try await bench.waitForEnd()
    }
    var deeds = Checker.Deeds()
    deeds.hits = rounds * Self.workers
    let checks = try await Checker(bench).verdicts(deeds, jobs: rounds * Self.jobs)
    let verdict = Verdict(
      .D15, observations: orphans, atLeast: rounds * Self.jobs / 2,
      counts: ["jobs cancelled after their workers died": orphans], faults: faults)
    return checks + [verdict]
  }

  /// - Returns: Jobs that had written some text when their workers were killed.
  private func orphanedJobs(_ number: Int, _ bench: ChaosBench) async throws -> [JobID] {
    try await bench.waitForWorkers(Self.workers)
    for place in 0..<Self.jobs {
      try await bench.enqueueTalk("orphan-\(number)-\(place)", words: 20)
    }
    var jobs: [JobID] = []
    // A worker may have got more tickets than it has slots: not all of them run at once.
    try await bench.wait(atMost: .seconds(10)) {
      jobs = try await bench.system.rows(
        """
        SELECT DISTINCT events.job_id AS id FROM events JOIN steps ON steps.id = events.step_id
        WHERE events.type = 9 AND steps.state = 3
        """
      ) { JobID(try $0.decode("id", as: UUID.self)) }
      return jobs.count == Self.jobs
    }
    for worker in 0..<Self.workers { _ = await bench.crew.kill("worker \(worker)") }
    return jobs
  }

  private func cancel(_ jobs: [JobID], _ bench: ChaosBench) async throws -> [String] {
    let ids = jobs.map(\.uuid)
    for job in jobs {
      let answer = try await bench.client().send(.post, "/api/v1/jobs/\(job)/cancel")
      guard answer.status == 202 else { throw Unexpected("a cancel answered \(answer.status)") }
    }
    let open: SQL = "jobs WHERE id = ANY(\(ids)) AND state < 4"
    try await bench.wait(atMost: Self.limit) { try await bench.system.count(open) == 0 }
    let late = try await bench.system.count(open)
    for worker in 0..<Self.workers { try await bench.crew.restart("worker \(worker)") }
    // Long enough for a worker to find what was made ready.
    try await Task.sleep(for: .seconds(5))
    let revived = try await bench.system.count("steps WHERE job_id = ANY(\(ids)) AND runs > 1")
    let silent = try await bench.system.count(
      "jobs WHERE id = ANY(\(ids)) AND state <> 6 OR id = ANY(\(ids)) AND result IS NULL")
    return [
      (late, "jobs were not over \(Self.limit.inSeconds) after their cancel"),
      (revived, "steps were claimed again after their cancel"),
      (silent, "jobs are not cancelled with what they had written"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
  }
}
