import Foundation
import HTTP
import Jobs

extension ChaosBench {
  /// Asks a gateway for a job that calls a skill, again and again until it has its result.
  ///
  /// - Returns: When the result was there.
  /// - Throws: ``Unexpected`` when there was none in time.
  func probe(_ gateway: Int = 0, within limit: Duration) async throws -> ContinuousClock.Instant {
    let deadline = ContinuousClock.now + limit
    let key = UUID().uuidString
    var job: JobID?
    while ContinuousClock.now < deadline {
      do {
        guard let job else {
          job = try await ask(gateway, key: key)
          continue
        }
        let path = "/api/v1/jobs/\(job)?wait=5"
        let answer = try await client(gateway).send(.get, path, timeout: .seconds(60))
        if answer.json["state"] == "succeeded" { return .now }
      } catch let error as HTTPError where error.code != .cancelled {
        // What is measured is how long that goes on.
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw Unexpected("no result of a probe within \(limit.inSeconds)")
  }

  /// - Returns: `nil` when it was not accepted now.
  private func ask(_ gateway: Int, key: String) async throws -> JobID? {
    let answer = try await client(gateway).send(
      .post, "/api/v1/jobs",
      body: ["target": "agent:main", "input": .string("job \(key)\nuse system.clock {}")],
      headers: ["Idempotency-Key": key], timeout: .seconds(60))
    guard answer.status == 202, let job = answer.json["id"]?.text.flatMap({ JobID($0) }) else {
      try await Task.sleep(for: .milliseconds(50))
      return nil
    }
    try await ledger.note(accepted: job, key: key)
    return job
  }
}
