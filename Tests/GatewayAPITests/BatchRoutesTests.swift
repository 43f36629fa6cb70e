import GatewayAPI
import Jobs
import Synchronization
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

  @Test func aBatchWhoseJobsAreRefusedOnlyForNowStaysOpenForTheSameKey() async throws {
    try await withGateway { gateway in
      func create() async throws -> RawResponse {
        try await gateway.send(
          "POST", "/api/v1/batches",
          headers: [("Content-Type", "application/json"), ("Idempotency-Key", "k")],
          body: [UInt8](#"{"jobs":[{"target":"agent:main","input":"a"}]}"#.utf8))
      }
      gateway.service.state.withLock {
        $0.acceptFailure = .unavailable(retryAfter: .seconds(7), detail: "away")
      }
      let refused = try await create()
      #expect((refused.status, refused.problem) == (503, "unavailable"))
      #expect(refused["retry-after"] == "7" && refused.json["refused_for_now"] == 1)
      let id = try #require(refused.json["batch_id"]?.text)
      #expect(refused["location"] == "/api/v1/batches/\(id)")
      try await expectDescribed(refused.json, by: gateway)
      #expect(try await gateway.send("GET", "/api/v1/batches/\(id)").json["state"] == "open")
      gateway.service.state.withLock { $0.acceptFailure = nil }
      let made = try await create()
      #expect(made.status == 201 && made.json["state"] == "closed" && made.json["accepted"] == 1)
      #expect(made.json["id"]?.text == id)
    }
  }

  /// The OpenAPI document has a schema for this 503 that knows each of its members.
  private func expectDescribed(_ answer: JSONValue, by gateway: TestGateway) async throws {
    let document = try await gateway.send("GET", "/api/v1/openapi.json", token: nil).json
    let response = document["paths"]?["/api/v1/batches"]?["post"]?["responses"]?["503"]
    let schema = response?["content"]?["application/problem+json"]?["schema"]
    let forms = schema?["allOf"]?.elements?.first?["oneOf"]?.elements ?? []
    let names = forms.compactMap { $0["$ref"]?.text?.split(separator: "/").last }
    #expect(names == ["Problem", "BatchNotFull"])
    let full = document["components"]?["schemas"]?["BatchNotFull"]
    guard case .object(let known)? = full?["properties"], case .object(let members) = answer else {
      Issue.record("no object")
      return
    }
    #expect(Set(members.keys).isSubset(of: known.keys))
    let required = Set((full?["required"]?.elements ?? []).compactMap(\.text))
    #expect(required.isSubset(of: members.keys) && required.contains("batch_id"))
  }

  @Test func jobsThatComeTooLateForTheirBatchAreToldSoWithoutAPointerToNowhere() async throws {
    try await withGateway { gateway in
      gateway.service.state.withLock { $0.acceptFailure = .batchNotOpen }
      let job = #"{"target":"agent:main","input":"a"}"#
      let made = try await gateway.json("POST", "/api/v1/batches", #"{"jobs":[\#(job)]}"#)
      let problem = made.json["items"]?.elements?.first?["problem"]
      #expect(problem?["code"] == "batch_not_open" && problem?["errors"] == nil)
      let added = try await gateway.json("POST", "/api/v1/jobs/batch", "[\(job)]")
      let late = added.json["items"]?.elements?.first?["problem"]
      #expect(late?["errors"]?.elements?.first?["pointer"] == "/0/batch_id")
    }
  }

  @Test func aCallbackTakesAsMuchAsAJobWithItsFiguresFilledIn() async throws {
    try await withGateway { gateway in
      func create(_ input: String) async throws -> RawResponse {
        try await gateway.json(
          "POST", "/api/v1/batches", #"{"callback":{"target":"agent:main","input":"\#(input)"}}"#)
      }
      #expect(try await create(String(repeating: "x", count: 1_048_574)).status == 201)
      for input in [
        String(repeating: "x", count: 1_048_575), String(repeating: "${batch.id}", count: 29_128),
      ] {
        let response = try await create(input)
        #expect((response.status, response.problem) == (413, "body-too-large"))
        let pointer = response.json["errors"]?.elements?.first?["pointer"]
        #expect(pointer == "/callback/input")
      }
      #expect(try await create(String(repeating: "${batch.id}", count: 29_127)).status == 201)
    }
  }

  @Test func aBatchMayHaveAsManyValuesAsOneOfJobsAlone() async throws {
    try await withGateway { gateway in
      func create(_ count: Int) async throws -> RawResponse {
        let numbers = Array(repeating: "1", count: count).joined(separator: ",")
        return try await gateway.json("POST", "/api/v1/batches", #"{"jobs":[[\#(numbers)]]}"#)
      }
      let large = try await create(300_000)
      #expect(large.status == 201 && large.json["rejected"] == 1)
      let huge = try await create(400_000)
      #expect((huge.status, huge.problem) == (400, "malformed-json"))
    }
  }

  @Test func whoWaitsAtANodeThatDrainsGetsTheBatchAsItIsThen() async throws {
    try await withGateway({ $0.drainDelay = .seconds(3) }) { gateway in
      let job = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      gateway.service.state.withLock { $0.batchWait = JobID(job) }
      let batch = try await gateway.json("POST", "/api/v1/batches", "{}")
      let path = "/api/v1/batches/\(batch.json["id"]?.text ?? "")"
      async let waiting = gateway.send("GET", "\(path)?wait=60")
      await gateway.service.someoneWaits()
      #expect(try await gateway.send("POST", "\(path)/close").json["state"] == "closed")
      await gateway.shutDown()
      let answer = try await waiting
      #expect((answer.status, answer.json["state"]) == (200, "closed"))
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
      let job = #"{"target":"agent:main","input":"a"}"#
      for other in [#"{"name":"b"}"#, #"{"name":"a","jobs":[\#(job)]}"#] {
        let response = try await create(other)
        #expect((response.status, response.problem) == (422, "idempotency-key-reused"))
      }
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
        (#"[]"#, 422, "invalid-body", ""), (#"{"jobs":[]}"#, 422, "invalid-body", "/jobs"),
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
          #"{"callback":{"target":"agent:main","input":"x","delay":"5s"}}"#, 422,
          "not-supported-yet", "/callback/delay"
        ),
        (
          #"{"callback":{"target":"agent:main","input":"x","webhook":"w"}}"#, 422,
          "not-supported-yet", "/callback/webhook"
        ),
        (
          #"{"callback":{"target":"agent:main","input":"x","a/b":1}}"#, 422, "unknown-field",
          "/callback/a~1b"
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
