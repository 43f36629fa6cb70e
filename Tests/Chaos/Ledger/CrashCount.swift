import Foundation
import HTTP
import Jobs
import Postgres
import TestSupport

/// What became of steps that crash, and of those that were aboard with them.
struct CrashCount {
  /// Steps of `test.crash` that ended dead.
  private(set) var culprits = 0
  /// The most that one of them was started, as the workers wrote it down.
  private(set) var most = 0
  /// Good steps that were started more than once.
  private(set) var aboard = 0
  /// The most crashes that were charged to a good step.
  private(set) var mostCharged = 0
  private(set) var attemptsLost = 0
  private(set) var failed = 0
  private(set) var faults: [String] = []

  /// Looks at a system in which only crashes can have gone wrong.
  ///
  /// - Parameter healed: Jobs of `test.crash` that shall have succeeded, at once.
  init(_ bench: ChaosBench, healed: [JobID]) async throws {
    let starts = try ExecutionLedger(bench.system.ledger).attempts
    let steps = try await bench.system.rows(
      """
      SELECT steps.id, job_id, steps.target, steps.state, attempt, runs, crashes,
        jobs.state AS end FROM steps JOIN jobs ON jobs.id = job_id
      """
    ) { row in
      Step(
        id: StepID(try row.decode("id", as: UUID.self)),
        job: JobID(try row.decode("job_id", as: UUID.self)),
        isCrash: try row.decode("target", as: String.self) == "skill:test.crash",
        state: StepState(rawValue: try row.decode("state", as: Int16.self)),
        attempt: Int(try row.decode("attempt", as: Int16.self)),
        runs: Int(try row.decode("runs", as: Int32.self)),
        crashes: Int(try row.decode("crashes", as: Int16.self)),
        end: JobState(rawValue: try row.decode("end", as: Int16.self)))
    }
    for step in steps {
      if step.isCrash, !healed.contains(step.job) {
        try await take(culprit: step, starts: starts[step.id.description] ?? 0, bench)
      } else {
        take(good: step)
      }
    }
  }

  private struct Step {
    let id: StepID
    let job: JobID
    let isCrash: Bool
    let state: StepState?
    let attempt: Int
    let runs: Int
    let crashes: Int
    let end: JobState?
  }

  private mutating func take(culprit step: Step, starts: Int, _ bench: ChaosBench) async throws {
    if step.state == .dead { culprits += 1 }
    most = max(most, starts)
    if starts > 5 { faults.append("\(step.id) crashed \(starts) times") }
    let error = try await bench.client().send(.get, "/api/v1/jobs/\(step.job)").json["error"]
    if step.state != .dead || step.end != .failed || error?["code"] != "worker_crashed" {
      faults.append("\(step.id) is \(step.state?.name ?? "?"), its job's error \(error ?? .null)")
    }
  }

  private mutating func take(good step: Step) {
    if step.runs > 1 { aboard += 1 }
    mostCharged = max(mostCharged, step.crashes)
    if step.attempt != 1 {
      attemptsLost += 1
      faults.append("\(step.id), a good step, is at attempt \(step.attempt)")
    }
    if step.state != .done || step.end != .succeeded {
      failed += 1
      faults.append(
        "\(step.id), a good step, is \(step.state?.name ?? "?"): \(step.crashes) crashes")
    }
  }
}
