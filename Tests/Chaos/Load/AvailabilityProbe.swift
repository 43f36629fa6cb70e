import Foundation
import HTTP
import Jobs
import TestSupport

/// One probe of D23: a client behind a load balancer asks for a job and reads its result.
struct AvailabilityProbe {
  /// How long a node is waited for before the other one is asked: what `Prefer: wait=1` may take,
  /// and some.
  private static let patience = Duration.milliseconds(1200)

  let bench: ChaosBench
  let number: Int
  /// When the first of all probes began.
  let start: ContinuousClock.Instant

  /// Asks until there is a result, also if that is too late: how long an outage lasts counts.
  func run() async throws -> ProbeTally.Entry {
    let began = ContinuousClock.now
    var entry = ProbeTally.Entry(
      began: began - start, answerLimit: ProbeTally.promisedAnswer * bench.slack)
    let deadline = began + bench.patience.settle
    var gateway = number % 2
    let key = "probe-\(number)"
    var job: JobID?
    var state: String?
    while state == nil, ContinuousClock.now < deadline {
      let asked = ContinuousClock.now
      do {
        if let job {
          let answer = try await bench.client(gateway).send(
            .get, "/api/v1/jobs/\(job)?wait=2", timeout: .milliseconds(3200))
          state = answer.finalState
          if answer.status == 200 { continue }
        } else {
          let answer = try await post(key, to: gateway, isFirst: entry.tries == 0)
          entry.tries += 1
          if [200, 202].contains(answer.status), let id = answer.jobID {
            entry.answered = .now - began
            try await bench.ledger.note(accepted: id, key: key)
            job = id
            state = answer.finalState
            continue
          }
        }
      } catch let error as HTTPError where error.code != .cancelled {
        if job == nil { entry.tries += 1 }
      }
      gateway = 1 - gateway
      // Nobody asks more often than that.
      if .now - asked < .milliseconds(50) { try await Task.sleep(for: .milliseconds(50)) }
    }
    if let job, let state {
      try await bench.ledger.note(result: state, of: job)
      if state == JobState.succeeded.name { entry.ended = .now - began }
    }
    return entry
  }

  /// Once a node has not answered in time, only the job counts, not how soon it is over.
  private func post(_ key: String, to gateway: Int, isFirst: Bool) async throws -> Client.Answer {
    var headers = ["Idempotency-Key": key]
    if isFirst { headers["Prefer"] = "wait=1" }
    return try await bench.client(gateway).send(
      .post, "/api/v1/jobs",
      body: ["target": "agent:main", "input": .string("job \(key)\nuse system.clock {}")],
      headers: headers, timeout: Self.patience)
  }
}

extension Client.Answer {
  /// The id of the job in the body.
  fileprivate var jobID: JobID? { json["id"]?.text.flatMap { JobID($0) } }
}
