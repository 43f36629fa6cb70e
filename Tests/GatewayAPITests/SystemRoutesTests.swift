import GatewayAPI
import Jobs
import Synchronization
import Testing

/// Lanes, workers and pools.
@Suite struct SystemRoutesTests {
  @Test func lanesAreListedAndShown() async throws {
    try await withGateway { gateway in
      let all = try await gateway.send("GET", "/api/v1/queues", token: "bob-token")
      #expect((all.status, all.json["items"]?.elements?.count) == (200, 8))
      #expect(all.json["sampled_at"]?.text?.hasSuffix("Z") == true)
      let some = try await gateway.send("GET", "/api/v1/queues?pool=skill.files")
      #expect(some.json["items"]?.elements?.count == 4)
      for name in ["agent.main.urgent", "openclaw.agent.main.urgent"] {
        let lane = try await gateway.send("GET", "/api/v1/queues/\(name)")
        #expect(
          lane.json == [
            "lane": "agent.main.urgent", "queue": "openclaw.agent.main.urgent",
            "pool": "agent.main", "priority": "urgent", "paused": .null, "ready": 2, "running": 1,
            "held": ["budget": 3], "due_later": 0, "dead": 0, "unconfirmed": 0,
            "oldest_age_seconds": .number(1.5), "rate_in": .number(0.5), "rate_out": .number(0),
            "consumers": 1, "broker": ["messages": 5, "consumers": 1], "rung": 4, "surplus": 3,
          ])
      }
      for name in [
        "agent.mine", "openclaw.agent.main", "agent.other.urgent",
        "openclaw.openclaw.agent.main.urgent",
      ] {
        let none = try await gateway.send("GET", "/api/v1/queues/\(name)")
        #expect((none.status, none.problem) == (404, "queue-not-found"))
      }
      let bad = try await gateway.send("GET", "/api/v1/queues?pool=Main")
      #expect((bad.status, bad.problem) == (400, "invalid-query-parameter"))
    }
  }

  @Test func aPoolIsItsLanesAndTheirSum() async throws {
    try await withGateway { gateway in
      let pool = try await gateway.send("GET", "/api/v1/queues/agent.main").json
      #expect(pool["lanes"]?.elements?.count == 4 && pool["lane"] == nil)
      #expect(pool["pool"] == "agent.main" && pool["ready"] == 2 && pool["held"] == ["budget": 3])
      #expect(pool["rate_in"] == .number(2) && pool["consumers"] == 1 && pool["rung"] == 4)
      #expect(pool["oldest_age_seconds"] == .number(1.5) && pool["surplus"] == 3)
      #expect(pool["broker"] == ["messages": 5, "consumers": 1] && pool["paused"] == .null)
    }
  }

  @Test func whoeverAsksIsToldWhoTheyAre() async throws {
    try await withGateway { gateway in
      let alice = try await gateway.send("GET", "/api/v1/whoami").json
      #expect(alice["user"]?["name"] == "alice" && alice["role"]?["may_operate"] == true)
      #expect(alice["token"]?["name"] == "cli" && alice["token"]?["expires_at"] != nil)
      let bob = try await gateway.send("GET", "/api/v1/whoami", token: "bob-token").json
      #expect(bob["role"]?["targets"] == ["agent:*"])
      #expect(bob["role"]?["maximum_priority"] == "normal")
      #expect(try await gateway.send("GET", "/api/v1/whoami", token: "x").status == 401)
    }
  }

  @Test func whatIsAmissIsToldAndWhoseItIsOnlyToOperators() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/queues?pool=agent.main"
      let all = try await gateway.send("GET", path).json["reconciler"]
      // Over both pools, whichever are listed.
      #expect(all?["rung"] == 8 && all?["surplus"] == 6 && all?["orphans"] == 1)
      #expect(all?["orphan_jobs"] == [.string(InMemoryJobService.orphan.description)])
      #expect(all?["looked_at"] == 7 && all?["swept_at"]?.text?.hasSuffix("Z") == true)
      let some = try await gateway.send("GET", path, token: "bob-token").json["reconciler"]
      #expect(some?["orphans"] == 1 && some?["orphan_jobs"] == nil)
      let idle = try await gateway.send("GET", "/api/v1/queues/skill.files.low").json
      #expect(idle["rung"] == 0 && idle["surplus"] == .null)
    }
  }

  @Test func workersAreFiltered() async throws {
    try await withGateway { gateway in
      for (query, count) in [
        ("", 2), ("?state=lost", 1), ("?state=running,lost", 2), ("?state=draining", 0),
        ("?pool=agent.main", 1), ("?pool=agent.main&state=lost", 0),
      ] {
        let workers = try await gateway.send("GET", "/api/v1/workers\(query)")
        #expect(workers.json["items"]?.elements?.count == count, "\(query)")
      }
      let bad = try await gateway.send("GET", "/api/v1/workers?state=dead")
      #expect((bad.status, bad.problem) == (400, "invalid-query-parameter"))
      let seen = try await gateway.send("GET", "/api/v1/workers?state=running", token: "bob-token")
      let worker = try #require(seen.json["items"]?.elements?.first)
      #expect((worker["pid"], worker["pools"], worker["busy"]) == (17, ["agent.main"], 1))
      #expect(worker["steps"]?.elements?.first?["job"] == .null)
    }
  }

  @Test func operatorsDrainWorkers() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/workers/\(InMemoryJobService.worker)/drain"
      let refused = try await gateway.send("POST", path, token: "bob-token")
      #expect((refused.status, refused.problem) == (403, "operator-only"))
      let drained = try await gateway.send("POST", path)
      #expect((drained.status, drained.json["state"]) == (202, "draining"))
      let none = try await gateway.send("POST", "/api/v1/workers/\(WorkerID())/drain")
      #expect((none.status, none.problem) == (404, "worker-not-found"))
      let malformed = try await gateway.send("POST", "/api/v1/workers/1/drain")
      #expect((malformed.status, malformed.problem) == (400, "malformed-id"))
    }
  }

  @Test func operatorsScaleManagedPools() async throws {
    try await withGateway { gateway in
      let listed = try await gateway.send("GET", "/api/v1/pools", token: "bob-token")
      #expect(listed.json["items"]?.elements?.map { $0["pool"] } == ["agent.main", "skill.files"])
      let scaled = try await put(gateway, "agent.main", #"{"workers":3}"#)
      #expect(scaled.status == 200)
      #expect(
        scaled.json == [
          "pool": "agent.main", "paused": .null, "desired": 3, "managed": true,
          "target_wait": .null, "target_wait_seconds": .null,
          "workers": 1, "slots": 4,
          "running": 1, "ready": 2, "targets": ["agent:main"],
        ])
      #expect(try await gateway.send("GET", "/api/v1/pools/agent.main").json == scaled.json)
      let refused = try await put(gateway, "agent.main", #"{"workers":3}"#, token: "bob-token")
      #expect((refused.status, refused.problem) == (403, "operator-only"))
      let unmanaged = try await put(gateway, "skill.files", #"{"workers":3}"#)
      #expect((unmanaged.status, unmanaged.problem) == (409, "pool-not-managed"))
      #expect(unmanaged.json["detail"]?.text?.contains("--pool skill.files") == true)
      for name in ["agent.other", "Agent"] {
        let none = try await put(gateway, name, #"{"workers":3}"#)
        #expect((none.status, none.problem) == (404, "pool-not-found"))
        #expect(try await gateway.send("GET", "/api/v1/pools/\(name)").status == 404)
      }
    }
  }

  @Test func scalingTakesOneNumberAndNothingElse() async throws {
    try await withGateway { gateway in
      for (body, problem, pointer) in [
        ("{}", "invalid-body", "/workers"), (#"{"workers":257}"#, "invalid-body", "/workers"),
        (#"{"workers":-1}"#, "invalid-body", "/workers"),
        (#"{"workers":1.5}"#, "invalid-body", "/workers"),
        (#"{"workers":"1"}"#, "invalid-body", "/workers"), ("[]", "invalid-body", ""),
        (#"{"workers":1,"more":1}"#, "unknown-field", "/more"),
        (#"{"min":1,"max":2}"#, "not-supported-yet", "/max"),
        (#"{"workers":1,"min":2}"#, "not-supported-yet", "/min"),
        (#"{"target_wait":2}"#, "invalid-body", "/target_wait"),
        (#"{"target_wait":"2d"}"#, "invalid-body", "/target_wait"),
      ] {
        let response = try await put(gateway, "agent.main", body)
        #expect((response.status, response.problem) == (422, problem), "\(body)")
        #expect(response.json["errors"]?.elements?.first?["pointer"]?.text == pointer)
      }
      #expect(gateway.service.state.withLock(\.desired).isEmpty)
    }
  }

  @Test func aPoolIsToldHowLongItsStepsShouldWait() async throws {
    try await withGateway { gateway in
      // Also one that nothing scales.
      for pool in ["agent.main", "skill.files"] {
        let told = try await put(gateway, pool, #"{"target_wait":"90s"}"#)
        #expect(told.status == 200 && told.json["target_wait_seconds"] == .number(90))
      }
      let both = try await put(gateway, "agent.main", #"{"workers":2,"target_wait":null}"#)
      #expect(both.json["desired"] == 2 && both.json["target_wait_seconds"] == .null)
    }
  }

  private func put(
    _ gateway: TestGateway, _ pool: String, _ body: String, token: String = "alice-token"
  ) async throws -> RawResponse {
    try await gateway.send(
      "PUT", "/api/v1/pools/\(pool)", token: token,
      headers: [("Content-Type", "application/json")], body: [UInt8](body.utf8))
  }
}
