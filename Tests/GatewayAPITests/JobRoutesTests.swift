import GatewayAPI
import Jobs
import Synchronization
import Testing

/// What a client sees of its jobs.
@Suite struct JobRoutesTests {
  static let job = #"{"target":"agent:main","input":"hello"}"#

  @Test func acceptingAJobAnswers202WithTheJob() async throws {
    try await withGateway { gateway in
      let response = try await gateway.post(Self.job)
      let id = try #require(response.json["id"]?.text)
      #expect(response.status == 202)
      #expect(response["location"] == "/api/v1/jobs/\(id)")
      #expect(response["retry-after"] == "1")
      #expect(response["cache-control"] == "no-store")
      #expect(response["x-content-type-options"] == "nosniff")
      #expect(response["idempotency-replayed"] == nil)
      #expect(
        response.json == [
          "id": .string(id), "target": "agent:main", "priority": "normal", "state": "queued",
          "input": "hello", "result": .null, "error": .null, "last_seq": 1, "open_steps": 1,
          "created_at": "2023-11-14T22:13:20.250Z", "started_at": .null, "finished_at": .null,
          "cancel_requested_at": .null, "retry_of": .null, "run_at": .null, "deadline": .null,
          "timeouts": .null, "max_attempts": .null, "wait_for": .null, "unique_scope": .null,
          "unique_for": .null, "session_id": .null, "webhook_id": .null, "unique_key": .null,
          "batch_id": .null, "schedule_id": .null,
          "parent_id": .null,
          "root_id": .null,
        ])
    }
  }

  @Test func anIdempotencyKeyMakesOneJob() async throws {
    try await withGateway { gateway in
      let first = try await gateway.post(Self.job, headers: [("Idempotency-Key", "k 1")])
      // Quoted, and with other white space and order of keys: the same key and request.
      let again = try await gateway.post(
        #"{ "input" : "hello", "priority":"normal", "target":"agent:main"}"#,
        headers: [("Idempotency-Key", #""k 1""#)])
      let other = try await gateway.post(
        #"{"target":"agent:main","input":"other"}"#, headers: [("Idempotency-Key", "k 1")])
      #expect(first.json["id"] == again.json["id"])
      #expect((again.status, again["idempotency-replayed"]) == (202, "true"))
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
      #expect(gateway.service.accepted == 1)
    }
  }

  @Test func aWaitEndsWithTheJob() async throws {
    try await withGateway { gateway in
      async let waiting = gateway.post(Self.job, headers: [("Prefer", "respond-async, wait=60")])
      await gateway.service.someoneWaits()
      let id = try #require(gateway.service.state.withLock(\.jobs).keys.first)
      gateway.service.succeed(id, with: "done")
      let response = try await waiting
      #expect(response.status == 200)
      #expect(response["preference-applied"] == "wait=60")
      #expect(response["etag"] == "\"2-succeeded\"")
      #expect(response.json["result"] == "done")
      #expect(response.json["finished_at"] == "2023-11-14T22:13:21.000Z")
      let later = try await gateway.send("GET", "/api/v1/jobs/\(id)?wait=60")
      #expect((later.status, later.json["state"]) == (200, "succeeded"))
    }
  }

  @Test func aMalformedPreferenceIsIgnored() async throws {
    try await withGateway { gateway in
      for value in ["wait", "wait=", "wait=x", "wait=-1", "waiting=5"] {
        let response = try await gateway.post(Self.job, headers: [("Prefer", value)])
        #expect((response.status, response["preference-applied"]) == (202, nil), "\(value)")
      }
    }
  }

  @Test func aHugeWaitIsAMinute() async throws {
    try await withGateway { gateway in
      for value in ["wait=99999999999999999999", "wait=\"0000000061\""] {
        async let waiting = gateway.post(Self.job, headers: [("Prefer", value)])
        await gateway.service.someoneWaits()
        for id in gateway.service.state.withLock(\.jobs).keys {
          gateway.service.succeed(id, with: "done")
        }
        let response = try await waiting
        #expect((response.status, response["preference-applied"]) == (200, "wait=60"))
      }
    }
  }

  @Test func aClientThatLeavesEndsItsWait() async throws {
    try await withGateway { gateway in
      let connection = try await gateway.connect()
      try await connection.send(
        TestGateway.request(
          "POST", "/api/v1/jobs",
          headers: [("Content-Type", "application/json"), ("Prefer", "wait=60")],
          body: [UInt8](Self.job.utf8)))
      await gateway.service.someoneWaits()
      connection.finish()
      #expect(try await connection.response()?.status == 202)
      let waiters = gateway.service.state.withLock(\.waiters).values.flatMap(\.keys)
      #expect(waiters.isEmpty)
    }
  }

  @Test func aJobHasAnEntityTag() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(Self.job).json["id"]?.text)
      let path = "/api/v1/jobs/\(id)"
      let shown = try await gateway.send("GET", path)
      #expect((shown.status, shown["etag"]) == (200, "\"1-queued\""))
      for tags in ["\"1-queued\"", "\"0-queued\", W/\"1-queued\"", "*"] {
        let same = try await gateway.send("GET", path, headers: [("If-None-Match", tags)])
        #expect((same.status, same["etag"], same.body) == (304, "\"1-queued\"", []), "\(tags)")
      }
      let tag = ("If-None-Match", "\"1-running\", 1")
      let other = try await gateway.send("GET", path, headers: [tag])
      #expect(other.status == 200)
    }
  }

  @Test func stepsAreListed() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(Self.job).json["id"]?.text)
      let response = try await gateway.send("GET", "/api/v1/jobs/\(id)/steps")
      let step = try #require(response.json["items"]?.elements?.first)
      #expect(step["kind"] == "agent_turn")
      #expect(step["state"] == "ready")
      #expect(step["output"] == .null)
    }
  }

  @Test func pagesAreLinkedByCursorsThatFitOneListingOnly() async throws {
    try await withGateway { gateway in
      var created: [JSONValue?] = []
      for _ in 0..<5 { created.append(try await gateway.post(Self.job).json["id"]) }
      var seen: [JSONValue?] = []
      var target = "/api/v1/jobs?state=queued,running&limit=2"
      var cursor = ""
      while true {
        let page = try await gateway.send("GET", target)
        seen += page.json["items"]?.elements?.map { $0["id"] } ?? []
        guard let link = page["link"] else {
          #expect(page.json["next_cursor"] == .null)
          break
        }
        cursor = try #require(page.json["next_cursor"]?.text)
        #expect(link.hasSuffix("&cursor=\(cursor)>; rel=\"next\""))
        target = String(link.dropFirst().prefix { $0 != ">" })
      }
      #expect(seen == created.reversed())
      let forged = String(cursor.dropLast(3)) + "AAA"
      for (query, token) in [
        ("state=queued,running&cursor=\(cursor)", "bob-token"),
        ("state=failed&cursor=\(cursor)", "alice-token"), ("cursor=\(cursor)", "alice-token"),
        ("state=queued,running&cursor=\(forged)", "alice-token"),
      ] {
        let response = try await gateway.send("GET", "/api/v1/jobs?\(query)", token: token)
        #expect((response.status, response.problem) == (400, "invalid-cursor"))
      }
    }
  }

  static let failures: [(ServiceError, Int, String?)] = [
    (.unavailable(retryAfter: .milliseconds(200), detail: "down"), 503, "1"),
    (.backlogFull(retryAfter: .milliseconds(6_500)), 503, "7"),
    (.forbidden(detail: "no"), 403, nil), (.internalError(detail: "secret"), 500, nil),
  ]

  @Test(arguments: failures)
  func serviceErrorsAreProblems(
    _ error: ServiceError, _ status: Int, _ retryAfter: String?
  ) async throws {
    try await withGateway { gateway in
      gateway.service.state.withLock { $0.failure = error }
      let response = try await gateway.post(Self.job)
      #expect((response.status, response["retry-after"]) == (status, retryAfter))
      #expect(response["content-type"] == "application/problem+json")
      #expect(!response.text.contains("secret"))
    }
  }
}
