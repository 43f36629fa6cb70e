import GatewayAPI
import Jobs
import Synchronization
import Testing

/// Cancelling a job, and doing one again.
@Suite struct JobCommandTests {
  private func withJob(
    _ body: @escaping @Sendable (TestGateway, JobID) async throws -> Void
  ) async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      try await body(gateway, try #require(JobID(id)))
    }
  }

  @Test func whatWaitsIsCancelledAtOnce() async throws {
    try await withJob { gateway, id in
      for _ in 0..<2 {
        let response = try await gateway.send("POST", "/api/v1/jobs/\(id)/cancel")
        #expect((response.status, response.json["state"]) == (200, "cancelled"))
        #expect(response.json["cancel_requested_at"] == "2023-11-14T22:13:22.000Z")
        #expect(response["etag"] == "\"2-cancelled\"")
      }
    }
  }

  @Test func whatRunsIsCancelledSoon() async throws {
    try await withJob { gateway, id in
      gateway.service.start(id)
      let response = try await gateway.send("POST", "/api/v1/jobs/\(id)/cancel")
      #expect((response.status, response.json["state"]) == (202, "running"))
      #expect(response["retry-after"] == "1")
      let shown = try await gateway.send("GET", "/api/v1/jobs/\(id)")
      #expect(shown["etag"] == "\"3-running-cancelling-1700000000250\"")
    }
  }

  @Test func whatIsOverCannotBeCancelled() async throws {
    try await withJob { gateway, id in
      gateway.service.succeed(id, with: "done")
      let response = try await gateway.send("POST", "/api/v1/jobs/\(id)/cancel")
      #expect((response.status, response.problem) == (409, "job-over"))
      #expect(response.json["code"] == "job_over")
    }
  }

  @Test func aCancelledJobIsDoneAgainAsANewOne() async throws {
    try await withJob { gateway, id in
      let early = try await gateway.send("POST", "/api/v1/jobs/\(id)/retry")
      #expect((early.status, early.problem) == (409, "job-not-over"))
      _ = try await gateway.send("POST", "/api/v1/jobs/\(id)/cancel")
      let response = try await gateway.send("POST", "/api/v1/jobs/\(id)/retry")
      let new = try #require(response.json["id"]?.text)
      #expect((response.status, response.json["retry_of"]?.text) == (202, "\(id)"))
      #expect(response["location"] == "/api/v1/jobs/\(new)")
      #expect(new != "\(id)")
    }
  }

  @Test func aSuccessIsNotDoneAgain() async throws {
    try await withJob { gateway, id in
      gateway.service.succeed(id, with: "done")
      let response = try await gateway.send("POST", "/api/v1/jobs/\(id)/retry")
      #expect((response.status, response.problem) == (409, "job-succeeded"))
    }
  }

  @Test func commandsToJobsOfOthersLookLikeThoseToNobodys() async throws {
    try await withJob { gateway, id in
      for command in ["cancel", "retry"] {
        for job in [id, JobID()] {
          let response = try await gateway.send(
            "POST", "/api/v1/jobs/\(job)/\(command)", token: "bob-token")
          #expect((response.status, response.problem) == (404, "job-not-found"))
        }
        let malformed = try await gateway.send("POST", "/api/v1/jobs/x/\(command)")
        #expect((malformed.status, malformed.problem) == (400, "malformed-id"))
      }
    }
  }

  static let bodies =
    [
      ("", "text/plain", 200, nil), ("{}", "application/json", 200, nil),
      (" { } ", "application/json", 200, nil), ("{}", "text/plain", 415, "unsupported-media-type"),
      ("{", "application/json", 400, "malformed-json"),
      ("[]", "application/json", 422, "invalid-body"),
      (#"{"a/b":1}"#, "application/json", 422, "unknown-field"),
    ] as [(String, String, Int, String?)]

  @Test(arguments: bodies)
  func aCommandTakesNothingOrAnEmptyObject(
    _ body: String, _ type: String, _ status: Int, _ problem: String?
  ) async throws {
    try await withJob { gateway, id in
      let response = try await gateway.send(
        "POST", "/api/v1/jobs/\(id)/cancel", headers: [("Content-Type", type)],
        body: [UInt8](body.utf8))
      #expect((response.status, response.problem) == (status, problem))
      if problem == "unknown-field" {
        #expect(response.json["errors"]?.elements?.first?["pointer"] == "/a~1b")
      }
    }
  }

  @Test func aKeyMakesARepeatedRetryTheSameJob() async throws {
    try await withJob { gateway, id in
      _ = try await gateway.send("POST", "/api/v1/jobs/\(id)/cancel")
      let (retry, keyed) = ("/api/v1/jobs/\(id)/retry", [("Idempotency-Key", "k")])
      let first = try await gateway.send("POST", retry, headers: keyed)
      let again = try await gateway.send("POST", retry, headers: keyed)
      #expect((first.status, first["idempotency-replayed"]) == (202, nil))
      #expect((again.status, again["idempotency-replayed"]) == (202, "true"))
      #expect(first.json["id"] == again.json["id"] && again.json["retry_of"]?.text == "\(id)")
      let other = try await gateway.post(JobRoutesTests.job, headers: keyed)
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
      let bad = try await gateway.send("POST", retry, headers: [("Idempotency-Key", "\"")])
      #expect((bad.status, bad.problem) == (400, "malformed-header"))
    }
  }
}
