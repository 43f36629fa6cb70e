import Jobs
import Synchronization
import Testing

@testable import GatewayAPI

/// Limits, pauses, and what may be changed of a job that waits.
@Suite struct GateRoutesTests {
  @Test func anOperatorSetsAndLiftsLimits() async throws {
    try await withGateway { gateway in
      let set = try await gateway.json("PUT", "/api/v1/limits/agent:main", #"{"maximum":3}"#)
      #expect(set.status == 200 && set.json["maximum"] == 3)
      let encoded = try await gateway.json("PUT", "/api/v1/limits/agent%3Amain", #"{"maximum":3}"#)
      #expect(encoded.json["key"] == "agent:main")
      let listed = try await gateway.send("GET", "/api/v1/limits")
      #expect(listed.json["items"]?.elements?.count == 1)
      #expect(try await gateway.send("DELETE", "/api/v1/limits/agent:main").status == 200)
      let again = try await gateway.send("DELETE", "/api/v1/limits/agent:main")
      #expect((again.status, again.problem) == (404, "gate-not-found"))
    }
  }

  @Test func badKeysAndMembersAreNamed() async throws {
    try await withGateway { gateway in
      for (method, path, body, status, problem) in [
        ("PUT", "/api/v1/limits/agent", #"{"maximum":3}"#, 400, "invalid-gate-key"),
        ("PUT", "/api/v1/limits/pool:agent.main", #"{"maximum":3}"#, 400, "invalid-gate-key"),
        ("PUT", "/api/v1/limits/agent:main", #"{"maximum":-1}"#, 422, "invalid-body"),
        ("PUT", "/api/v1/limits/agent:main", #"{"maximum":1.5}"#, 422, "invalid-body"),
        ("PUT", "/api/v1/limits/agent:main", #"{"max":1}"#, 422, "unknown-field"),
        ("PUT", "/api/v1/pauses/user:*", #"{"reason":"x"}"#, 400, "invalid-gate-key"),
        (
          "PUT", "/api/v1/pauses/lane:agent.main.lowest", #"{"reason":"x"}"#, 400,
          "invalid-gate-key"
        ),
        ("PUT", "/api/v1/pauses/agent:main", #"{"reason":7}"#, 422, "invalid-body"),
        ("PUT", "/api/v1/pauses/agent:main", #"{"force":1}"#, 422, "invalid-body"),
        ("PUT", "/api/v1/pauses/pool:nosuch", #"{"force":true}"#, 404, "queue-not-found"),
        ("PUT", "/api/v1/pauses/agent:main", #"{"reason":"x","for":"soon"}"#, 422, "invalid-body"),
        ("PUT", "/api/v1/pauses/pool:nosuch", #"{"reason":"x"}"#, 404, "queue-not-found"),
        ("PUT", "/api/v1/pauses/lane:nosuch.pool.low", #"{"reason":"x"}"#, 404, "queue-not-found"),
        ("POST", "/api/v1/queues/agent.nobody/pause", #"{"reason":"x"}"#, 404, "queue-not-found"),
      ] {
        let response = try await gateway.json(method, path, body)
        #expect((response.status, response.problem) == (status, problem), "\(path) \(body)")
      }
    }
  }

  @Test func whatIsMistypedIsRefusedWithWhatMayBeMeantUnlessItIsForced() async throws {
    try await withGateway { gateway in
      for (key, hint) in [
        ("agent:mian", "Is it agent:main?"), ("skill:files.reed", "Is it skill:files.read?"),
        ("provider:open_ai", "Is it provider:openai?"), ("user:\(UserID())", "No user has the id"),
      ] {
        for (kind, body) in [("limits", #"{"maximum":3"#), ("pauses", #"{"reason":"x""#)] {
          let path = "/api/v1/\(kind)/\(key)"
          let refused = try await gateway.json("PUT", path, body + "}")
          #expect((refused.status, refused.problem) == (422, "unknown-gate-key"), "\(path)")
          #expect(refused.json["detail"]?.text?.contains(hint) == true, "\(path)")
          #expect(try await gateway.json("PUT", path, body + #","force":true}"#).status == 200)
          // What was set once can always be taken back.
          #expect(try await gateway.send("DELETE", path).status == 200)
        }
      }
      let bob = "/api/v1/pauses/user:\(InMemoryJobService.bob.user)"
      #expect(try await gateway.json("PUT", bob, #"{"reason":"x"}"#).status == 200)
      let each = try await gateway.json("PUT", "/api/v1/limits/user:*", #"{"maximum":3}"#)
      #expect(each.status == 200)
    }
  }

  @Test(arguments: [
    ("mian", ["main"]), ("coders", ["coder"]), ("qqqqqqqqqqqq", []), ("mai", ["maid", "main"]),
  ])
  func namesAreNearestByTheirEdits(name: String, nearest: [String]) {
    let known = ["coder", "main", "maid", "reviewer", "scribe"]
    let found = NearestNames.of(name, among: known)
    #expect(found.starts(with: nearest) && (nearest.isEmpty == found.isEmpty))
  }

  @Test func aPauseNeedsNeitherABodyNorAReason() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/queues/agent.main/pause"
      let bare = try await gateway.send("POST", path)
      #expect(bare.status == 200 && bare.json["reason"] == "" && bare.json["owner"] == "alice")
      #expect(try await gateway.json("POST", path, #"{"reason":"outage"}"#).status == 200)
      let again = try await gateway.json("POST", path, "{}")
      #expect(again.json["reason"] == "outage")
      #expect(try await gateway.json("POST", path, #"{"reason":null}"#).json["reason"] == "")
    }
  }

  @Test func oneLimitAndOnePauseAreShown() async throws {
    try await withGateway { gateway in
      for path in ["/api/v1/limits/agent:main", "/api/v1/pauses/agent:main"] {
        let none = try await gateway.send("GET", path)
        #expect((none.status, none.problem) == (404, "gate-not-found"))
        let body = path.contains("limits") ? #"{"maximum":3}"# : "{}"
        let set = try await gateway.json("PUT", path, body)
        #expect(try await gateway.send("GET", path, token: "bob-token").json == set.json)
      }
      let alice = "/api/v1/pauses/user:\(InMemoryJobService.alice.user)"
      #expect(try await gateway.json("PUT", alice, "{}").status == 200)
      #expect(try await gateway.send("GET", alice).status == 200)
      #expect(try await gateway.send("GET", alice, token: "bob-token").status == 404)
    }
  }

  @Test func aPauseShowsWhereItKeepsStepsFromStarting() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/queues/agent.main"
      _ = try await gateway.json("POST", path + ".low/pause", #"{"reason":"night"}"#)
      let lane = try await gateway.send("GET", path + ".low")
      #expect(lane.json["paused"]?["key"] == "lane:agent.main.low")
      #expect(lane.json["paused"]?["reason"] == "night" && lane.json["paused"]?["until"] == .null)
      #expect(try await gateway.send("GET", path).json["paused"] == .null)
      _ = try await gateway.json("POST", path + "/pause", #"{"for":"5m"}"#)
      #expect(try await gateway.send("GET", path).json["paused"]?["key"] == "pool:agent.main")
      let listed = try await gateway.send("GET", "/api/v1/queues").json["items"]?.elements ?? []
      let keys = listed.map { $0["paused"]?["key"]?.text ?? "-" }
      // Of two pauses the one that ends last.
      #expect(
        keys == Array(repeating: "pool:agent.main", count: 3) + ["lane:agent.main.low"]
          + Array(repeating: "-", count: 4))
      let pools = try await gateway.send("GET", "/api/v1/pools").json["items"]?.elements ?? []
      #expect(pools.map { $0["paused"]?["owner"]?.text } == ["alice", nil])
    }
  }

  @Test func aPoolAndALaneArePausedByTheirNames() async throws {
    try await withGateway { gateway in
      let pool = try await gateway.json(
        "POST", "/api/v1/queues/agent.main/pause", #"{"reason":"outage","for":"30m"}"#)
      #expect(pool.json["key"] == "pool:agent.main" && pool.json["owner"] == "alice")
      #expect(pool.json["until"] != .null)
      let lane = try await gateway.json(
        "POST", "/api/v1/queues/agent.main.low/pause", #"{"reason":"night"}"#)
      #expect(lane.json["key"] == "lane:agent.main.low" && lane.json["until"] == .null)
      #expect(try await gateway.send("POST", "/api/v1/queues/agent.main/resume").status == 200)
      let again = try await gateway.send("POST", "/api/v1/queues/agent.main/resume")
      #expect((again.status, again.problem) == (404, "gate-not-found"))
    }
  }

  @Test func onlyOperatorsMayLimitAndPause() async throws {
    try await withGateway { gateway in
      for (method, path, body) in [
        ("PUT", "/api/v1/limits/agent:main", #"{"maximum":3}"#),
        ("PUT", "/api/v1/pauses/agent:main", #"{"reason":"x"}"#),
        ("POST", "/api/v1/queues/agent.main/pause", #"{"reason":"x"}"#),
      ] {
        let response = try await gateway.json(method, path, body, token: "bob-token")
        #expect((response.status, response.problem) == (403, "operator-only"))
      }
    }
  }

  @Test func aPauseKeepsItsEndUntilAnotherIsSaid() async throws {
    try await withGateway { gateway in
      let path = "/api/v1/pauses/agent:main"
      let first = try await gateway.json("PUT", path, #"{"reason":"outage","for":"30m"}"#)
      let other = try await gateway.json("PUT", path, #"{"reason":"still"}"#)
      #expect(other.json["reason"] == "still" && other.json["until"] == first.json["until"])
      let endless = try await gateway.json("PUT", path, #"{"reason":"still","for":null}"#)
      #expect(endless.json["until"] == .null)
    }
  }

  @Test func aJobThatNothingWillEverEndSaysSo() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let job = try #require(JobID(id))
      gateway.service.state.withLock { $0.orphans = [job] }
      let why = try await gateway.send("GET", "/api/v1/jobs/\(id)/why")
      #expect(why.json["summary"]?.text?.contains("will never run on") == true)
    }
  }

  @Test func aWaitingJobTellsWhy() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let why = try await gateway.send("GET", "/api/v1/jobs/\(id)/why")
      #expect(why.json["summary"] == "3 steps start before it.")
      #expect(why.json["steps"]?.elements?.first?["estimate_seconds"] == .number(2))
      let others = try await gateway.send(
        "GET", "/api/v1/jobs/\(id)/why", token: "bob-token")
      #expect(others.status == 404)
    }
  }

  @Test func onlyWhatIsScheduledIsEdited() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let late = try await gateway.json("PATCH", "/api/v1/jobs/\(id)", #"{"delay":"5m"}"#)
      #expect((late.status, late.problem) == (409, "job-not-scheduled"))
      let empty = try await gateway.json("PATCH", "/api/v1/jobs/\(id)", "{}")
      #expect((empty.status, empty.problem) == (422, "invalid-body"))
      let input = try await gateway.json("PATCH", "/api/v1/jobs/\(id)", #"{"input":7}"#)
      #expect((input.status, input.problem) == (422, "invalid-input"))
    }
  }

  @Test func aPriorityThatTheRoleForbidsIsRefused() async throws {
    try await withGateway { gateway in
      let id = JobID()
      let response = try await gateway.json(
        "POST", "/api/v1/jobs/\(id)/priority", #"{"priority":"urgent"}"#, token: "bob-token")
      #expect((response.status, response.problem) == (403, "priority-not-allowed"))
    }
  }
}
