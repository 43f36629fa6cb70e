import Jobs
import Synchronization
import Testing

/// The dead-letter workbench over HTTP.
@Suite struct DeadRoutesTests {
  private static let path = "/api/v1/queues/agent.main/dead"

  @Test func whoeverRedrivesInWavesWaitsForTheirJobs() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let path = "/api/v1/redrives?jobs=\(id),\(JobID())"
      let now = try await gateway.send("GET", path)
      #expect(now.json["items"] == [["job": .string(id), "state": "queued"]])
      #expect(now.json["pending"] == 1)
      let others = try await gateway.send("GET", path, token: "bob-token")
      #expect(others.json["items"] == [] && others.json["pending"] == 0)
      for query in ["", "?jobs=", "?jobs=x", "?jobs=\(id)&wait=61"] {
        let bad = try await gateway.send("GET", "/api/v1/redrives" + query)
        #expect((bad.status, bad.problem) == (400, "invalid-query-parameter"), "\(query)")
      }
    }
  }

  @Test func pagesFollowEachOther() async throws {
    try await withGateway { gateway in
      let first = try await gateway.send("GET", Self.path + "?limit=2&code=x")
      let cursor = try #require(first.json["next_cursor"]?.text)
      #expect(first.json["items"]?.elements?.count == 2)
      let rest = try await gateway.send("GET", Self.path + "?limit=2&code=x&cursor=\(cursor)")
      #expect(rest.json["items"]?.elements?.count == 1 && rest.json["next_cursor"] == .null)
      let other = try await gateway.send("GET", Self.path + "?code=y&cursor=\(cursor)")
      #expect((other.status, other.problem) == (400, "invalid-cursor"))
    }
  }

  @Test func aPageLinksToTheNextWithItsFilters() async throws {
    try await withGateway { gateway in
      let query = "?limit=2&code=x&fingerprint=agent:main%20bad_input/x"
      let first = try await gateway.send("GET", Self.path + query)
      let cursor = try #require(first.json["next_cursor"]?.text)
      let next =
        Self.path + "?code=x&fingerprint=agent%3Amain%20bad_input%2Fx&limit=2&cursor=\(cursor)"
      #expect(first["link"] == "<\(next)>; rel=\"next\"")
      let rest = try await gateway.send("GET", next)
      #expect(rest.json["items"]?.elements?.count == 1 && rest["link"] == nil)
    }
  }

  @Test func aStepIsShownWithItsInputAndItsAttempts() async throws {
    try await withGateway { gateway in
      let step = InMemoryJobService.dead[0]
      let shown = try await gateway.send("GET", Self.path + "/\(step.id)")
      #expect(shown.status == 200)
      let expected: [(String, JSONValue)] = [
        ("step", .string("\(step.id)")), ("pool", "agent.main"), ("code", "x"), ("message", "no"),
        ("input", "hi"), ("arguments", .null), ("input_withheld", .null), ("obstacle", .null),
        ("redriven_as", .string("\(step.job)")), ("effect", .null),
      ]
      for (name, value) in expected { #expect(shown.json[name] == value, "\(name)") }
      let attempt = shown.json["attempt_history"]?.elements?.first
      #expect(attempt?["error"]?["code"] == "busy" && attempt?["state"] == "pending")
      #expect(attempt?["retry_at"]?.text != nil && attempt?["attempt"] == 1)
    }
  }

  @Test func whatAnotherUsersStepWorkedOnIsNotShownToAnOperator() async throws {
    try await withGateway { gateway in
      let path = Self.path + "/\(InMemoryJobService.bobsDead.id)"
      let shown = try await gateway.send("GET", path)
      #expect(shown.status == 200 && shown.json["input_withheld"] == "not_owner")
      #expect(shown.json["input"] == nil && shown.json["arguments"] == nil)
      let own = try await gateway.send("GET", path, token: "bob-token")
      #expect(own.json["input"] == "hi" && own.json["input_withheld"] == .null)
    }
  }

  @Test func aStepThatIsNotThereIsNotFound() async throws {
    try await withGateway { gateway in
      let mine = InMemoryJobService.dead[0].id
      for (path, token, status, problem) in [
        (Self.path + "/\(StepID())", "alice-token", 404, "dead-step-not-found"),
        (Self.path + "/\(mine)", "bob-token", 404, "dead-step-not-found"),
        ("/api/v1/queues/skill.files/dead/\(mine)", "alice-token", 404, "dead-step-not-found"),
        ("/api/v1/queues/nosuch.pool/dead/\(mine)", "alice-token", 404, "pool-not-found"),
        (Self.path + "/x", "alice-token", 400, "malformed-id"),
      ] {
        let found = try await gateway.send("GET", path, token: token)
        #expect((found.status, found.problem) == (status, problem), "\(path)")
      }
      // A command is no step's id.
      let get = try await gateway.send("GET", Self.path + "/redrive")
      #expect((get.status, get["allow"]) == (405, "POST, OPTIONS"))
    }
  }

  @Test func othersSeeNothingOfIt() async throws {
    try await withGateway { gateway in
      let mine = try await gateway.send("GET", Self.path, token: "bob-token")
      #expect(mine.json["items"] == [])
      let redrive = try await gateway.json(
        "POST", Self.path + "/redrive", "{}", token: "bob-token")
      #expect(redrive.json["matched"] == 0)
    }
  }

  @Test func whatIsAskedForIsDone() async throws {
    try await withGateway { gateway in
      let dry = try await gateway.json("POST", Self.path + "/redrive", #"{"dry_run":true}"#)
      #expect(dry.json["matched"] == 3 && dry.json["redriven"] == [])
      let wet = try await gateway.json("POST", Self.path + "/redrive", #"{"code":"x"}"#)
      #expect(wet.json["redriven"]?.elements?.count == 3)
      let drop = try await gateway.json("POST", Self.path + "/drop", "{}")
      #expect(drop.json["dropped"] == 3)
      let groups = try await gateway.send("GET", Self.path + "/groups")
      #expect(groups.json["items"]?.elements?.first?["count"] == 3)
    }
  }

  @Test func aNewInputThatDoesNotFitIsRefusedWhole() async throws {
    try await withGateway { gateway in
      let bad = try await gateway.json("POST", Self.path + "/redrive", #"{"input":7}"#)
      #expect((bad.status, bad.problem) == (422, "invalid-input"))
      #expect(bad.json["errors"]?.elements?.first?["pointer"] == "/input")
      let good = try await gateway.json("POST", Self.path + "/redrive", #"{"input":"hello"}"#)
      #expect(good.json["redriven"]?.elements?.count == 3)
    }
  }

  @Test func aCanaryStopsWithItsGateway() async throws {
    try await withGateway { gateway in
      let job = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      gateway.service.state.withLock { $0.canary = JobID(job) }
      async let redrive = gateway.json("POST", Self.path + "/redrive", #"{"canary":true}"#)
      await gateway.service.someoneWaits()
      await gateway.shutDown()
      let answer = try await redrive
      #expect(answer.status == 200 && answer.json["stopped"] == "interrupted")
    }
  }

  @Test func aPoolThatIsNotThereIsNotFound() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/queues/nosuch.pool/dead"
      for found in [
        try await gateway.send("GET", path), try await gateway.send("GET", path + "/groups"),
        try await gateway.json("POST", path + "/redrive", "{}"),
        try await gateway.json("POST", path + "/drop", "{}"),
      ] {
        #expect((found.status, found.problem) == (404, "pool-not-found"))
      }
    }
  }

  @Test func badBodiesAreNamed() async throws {
    try await withGateway { gateway in
      for (body, problem) in [
        (#"{"limit":0}"#, "invalid-body"), (#"{"limit":1001}"#, "invalid-body"),
        (#"{"steps":[]}"#, "invalid-body"), (#"{"steps":["x"]}"#, "invalid-body"),
        (#"{"dry_run":"yes"}"#, "invalid-body"), (#"{"target":"main"}"#, "invalid-body"),
        (#"{"code":""}"#, "invalid-body"), (#"{"older_than":1}"#, "unknown-field"),
        ("[]", "invalid-body"),
      ] {
        let response = try await gateway.json("POST", Self.path + "/redrive", body)
        #expect((response.status, response.problem) == (422, problem), "\(body)")
      }
    }
  }
}
