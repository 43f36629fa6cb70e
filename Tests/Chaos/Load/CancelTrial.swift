import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// One job that is cancelled at some moment.
struct CancelTrial {
  private let bench: ChaosBench
  private let graves: Graves

  init(_ bench: ChaosBench, _ graves: Graves) {
    self.bench = bench
    self.graves = graves
  }

  /// Enqueues a job, cancels it after a while, waits for its end, and cancels it once more.
  func run(_ dice: inout SplitMix64) async throws -> CancelTally.Entry {
    let request = Self.request(&dice)
    let job = try await bench.client().accepted(request)
    try await bench.ledger.note(accepted: job, key: request.key)
    try await Task.sleep(for: dice.duration(0...4000))
    let phase = try await phase(of: job)
    let (answer, took) = try await cancel(job, at: Int.random(in: 0...1, using: &dice))
    let answeredAt = ContinuousClock.now
    let end = try await end(of: job)
    let stopped = ContinuousClock.now - answeredAt
    let mark = ExecutionLedger.size(of: bench.system.ledger)
    try await bench.ledger.note(result: end, of: job)
    var entry = CancelTally.Entry(job: job, phase: phase, end: end, mark: mark)
    switch answer.status {
    case 200: entry.time = .queued(took)
    case 202:
      entry.time =
        graves.holdAny(of: try await workers(of: job))
        ? .orphaned(stopped)
        : .running(stopped)
    default: entry.time = .over
    }
    let isOver = entry.time == .over
    if isOver == (end == "cancelled") {
      entry.faults.append("\(job): a cancel was answered \(answer.status), and the job has \(end)")
    }
    let again = try await cancel(job, at: 0).answer
    let expected = end == "cancelled" ? 200 : 409
    if again.status != expected || expected == 409 && again.json["code"] != "job_over" {
      entry.faults.append("\(job) has \(end), and a cancel was answered \(again.status)")
    }
    return entry
  }

  private static func request(_ dice: inout SplitMix64) -> LoadRequest {
    let key = "cancel-\(dice.next() % 1_000_000_000_000)"
    let milliseconds = JSONValue.integer(.random(in: 2000...6000, using: &dice))
    let words = (0..<40).map { "word\($0)" }.joined(separator: " ")
    let call = "use test.pause {\"milliseconds\": 3000}"
    let (target, input): (String, JSONValue) =
      switch Int.random(in: 0..<6, using: &dice) {
      case 0, 1: ("agent:main", .string("job \(key) \(words)"))
      case 2: ("agent:main", .string("job \(key)\n\(call)"))
      case 3: ("skill:test.pause", ["milliseconds": milliseconds])
      case 4: ("skill:test.fail", ["times": 4])
      default: ("skill:system.clock", [:])
      }
    return LoadRequest(key: key, body: ["target": .string(target), "input": input])
  }

  /// What the job is doing.
  private func phase(of job: JobID) async throws -> String {
    let phases = try await bench.system.rows(
      """
      SELECT CASE WHEN jobs.state = 3 THEN 'between turns' WHEN steps.state = 0 THEN 'retrying'
        WHEN steps.state = 1 THEN 'queued' WHEN steps.kind = 1 THEN 'in a turn'
        ELSE 'in a skill' END AS phase
      FROM jobs JOIN steps ON steps.job_id = jobs.id
      WHERE jobs.id = \(job.uuid) AND steps.state < 4
      """
    ) { try $0.decode("phase", as: String.self) }
    return phases.first ?? "over"
  }

  /// The processes that ran what the cancel has stopped.
  private func workers(of job: JobID) async throws -> [Int32] {
    try await bench.system.rows(
      """
      SELECT workers.pid FROM jobs JOIN steps ON steps.job_id = jobs.id
      JOIN workers ON workers.id = steps.worker_id
      WHERE jobs.id = \(job.uuid) AND steps.finished_at >= jobs.cancel_at
      """
    ) { try $0.decode("pid", as: Int32.self) }
  }

  /// Asks one gateway and the other in turns until it has its answer.
  ///
  /// - Returns: The answer, and how long the request took that got it.
  private func cancel(
    _ job: JobID, at first: Int
  ) async throws -> (answer: Client.Answer, took: Duration) {
    var gateway = first
    while true {
      let began = ContinuousClock.now
      do {
        let answer = try await bench.client(gateway).send(.post, "/api/v1/jobs/\(job)/cancel")
        if [200, 202, 409].contains(answer.status) { return (answer, .now - began) }
        guard answer.status == 503 else {
          throw Unexpected("a cancel was answered \(answer.status): \(answer.json)")
        }
      } catch let error as HTTPError where error.code != .cancelled {
        // Killed; the other one is up.
      }
      gateway = 1 - gateway
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func end(of job: JobID) async throws -> String {
    while true {
      // This one is not killed: what is measured is the job's end.
      let answer = try await bench.client(0).send(.get, "/api/v1/jobs/\(job)?wait=5")
      if let state = answer.finalState { return state }
    }
  }
}
