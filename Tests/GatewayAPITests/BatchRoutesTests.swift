import Jobs
import Testing

/// Batches over HTTP: sets of jobs with an end of their own.
@Suite struct BatchRoutesTests {
  @Test func aBatchComesWithItsJobsAndIsClosed() async throws {
    try await withGateway { gateway in
      let made = try await gateway.json(
        "POST", "/api/v1/batches",
        #"""
        {"name":"nightly","jobs":[{"target":"agent:main","input":"a"},{"target":"agent:nobody","input":"b"}],
         "callback":{"target":"agent:main","input":"${batch.failed} failed","on":"failure"}}
        """#)
      #expect(made.status == 201 && made.json["state"] == "closed")
      #expect(made.json["accepted"] == 1 && made.json["rejected"] == 1)
      let items = made.json["items"]?.elements
      #expect(items?.first?["job"]?["batch_id"] == made.json["id"])
      #expect(
        items?.last?["problem"]?["errors"]?.elements?.first?["pointer"] == "/jobs/1/target")
      #expect(made.json["callback"]?["on"] == "failure")
      let id = try #require(made.json["id"]?.text)
      #expect(made["location"] == "/api/v1/batches/\(id)")
      let ended = try await gateway.send("GET", "/api/v1/batches/\(id)?wait=5")
      #expect(ended.json["state"] == "finished" && ended.json["callback_outcome"] == "made")
    }
  }

  @Test func anOpenBatchIsClosedAndCancelledByRequest() async throws {
    try await withGateway { gateway in
      let open = try await gateway.json("POST", "/api/v1/batches", "{}")
      #expect(open.status == 201 && open.json["state"] == "open")
      #expect(open.json["items"] == nil && open.json["callback"] == .null)
      let path = "/api/v1/batches/\(open.json["id"]?.text ?? "")"
      #expect(try await gateway.send("GET", path).json["pending"] == 0)
      #expect(try await gateway.send("POST", "\(path)/close").json["state"] == "closed")
      let cancelled = try await gateway.send("POST", "\(path)/cancel")
      #expect(cancelled.status == 202 && cancelled.json["cancelled"] == true)
      let other = try await gateway.send("POST", "\(path)/close", token: "bob-token")
      #expect((other.status, other.problem) == (404, "batch-not-found"))
    }
  }

  @Test func theSameKeyFindsTheSameBatch() async throws {
    try await withGateway { gateway in
      func create(_ body: String) async throws -> RawResponse {
        try await gateway.send(
          "POST", "/api/v1/batches",
          headers: [("Content-Type", "application/json"), ("Idempotency-Key", "k")],
          body: [UInt8](body.utf8))
      }
      let first = try await create(#"{"name":"a"}"#)
      let second = try await create(#"{"name":"a"}"#)
      #expect(first.json["id"] == second.json["id"])
      #expect(second["idempotency-replayed"] == "true")
      let other = try await create(#"{"name":"b"}"#)
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
    }
  }

  @Test func batchesAreListedPageByPage() async throws {
    try await withGateway { gateway in
      for _ in 0..<3 { _ = try await gateway.json("POST", "/api/v1/batches", "{}") }
      let first = try await gateway.send("GET", "/api/v1/batches?limit=2")
      #expect(first.json["items"]?.elements?.count == 2)
      let cursor = try #require(first.json["next_cursor"]?.text)
      let rest = try await gateway.send("GET", "/api/v1/batches?limit=2&cursor=\(cursor)")
      #expect(rest.json["items"]?.elements?.count == 1 && rest.json["next_cursor"] == .null)
      // A cursor of batches is none of jobs.
      let jobs = try await gateway.send("GET", "/api/v1/jobs?cursor=\(cursor)")
      #expect((jobs.status, jobs.problem) == (400, "invalid-cursor"))
    }
  }

  @Test func whatIsWrongIsNamed() async throws {
    try await withGateway { gateway in
      for (body, status, problem, pointer) in [
        (#"[]"#, 422, "invalid-body", ""), (#"{"jobs":[]}"#, 422, "invalid-body", ""),
        (#"{"jobs":1}"#, 422, "invalid-body", "/jobs"),
        (#"{"name":"a b"}"#, 422, "invalid-body", "/name"),
        (#"{"size":1}"#, 422, "unknown-field", "/size"),
        (#"{"callback":1}"#, 422, "invalid-body", "/callback"),
        (#"{"callback":{"input":"x"}}"#, 422, "invalid-body", "/callback/target"),
        (
          #"{"callback":{"target":"agent:main","input":"x","on":"end"}}"#, 422, "invalid-body",
          "/callback/on"
        ),
        (
          #"{"callback":{"target":"agent:main","input":"x","delay":"5s"}}"#, 422, "invalid-body",
          "/callback/delay"
        ),
        (
          #"{"callback":{"target":"skill:files.read","input":{}}}"#, 422, "invalid-input",
          "/callback/input/path"
        ),
      ] {
        let response = try await gateway.json("POST", "/api/v1/batches", body)
        #expect((response.status, response.problem) == (status, problem), "\(body)")
        #expect(
          response.json["errors"]?.elements?.first?["pointer"]?.text == pointer, "\(body)")
      }
      #expect(try await gateway.send("GET", "/api/v1/batches/x").problem == "malformed-id")
      let job = try await gateway.post(
        #"{"target":"agent:main","input":"x","batch_id":"none"}"#)
      #expect((job.status, job.problem) == (422, "invalid-body"))
    }
  }
}
