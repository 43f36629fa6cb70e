import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// What a user meets, over real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct JourneyTests {
  @Test func aJobGoesFromPostToResultAndIsTheSameOnEveryNode() async throws {
    try await withSystem { system in
      let client = Client(system)
      let key = ["Idempotency-Key": "k1", "Prefer": "wait=30"]
      let body: JSONValue = ["target": "agent:main", "input": "write hello into a.txt"]
      let answer = try await client.send(.post, "/api/v1/jobs", body: body, headers: key)
      #expect(answer.status == 200)
      #expect(answer.headers["Preference-Applied"]?.contains("wait") == true)
      #expect(answer.json["state"] == "succeeded")
      #expect(answer.json["result"]?["model"] == "builtin/demo")

      let second = try await system.startGateway(1)
      let other = Client(system, gateway: 1)
      try await other.waitUntilReady()
      let again = try await other.send(.post, "/api/v1/jobs", body: body, headers: key)
      #expect(again.json["id"] == answer.json["id"])
      #expect(again.headers["Idempotency-Replayed"] == "true")
      let id = try #require(answer.json["id"]?.text)
      let steps = try await other.send(.get, "/api/v1/jobs/\(id)/steps").json["items"]?.elements
      #expect(steps?.compactMap { $0["kind"]?.text } == ["agent_turn", "skill_call", "agent_turn"])
      await second.stop()
    }
  }

  @Test func aPathOutOfTheWorkspaceIsRefusedAndAudited() async throws {
    try await withSystem { system in
      let client = Client(system)
      for path in ["../../etc/passwd", "/etc/passwd", "a/../../../x"] {
        let answer = try await client.send(
          .post, "/api/v1/jobs",
          body: ["target": "skill:files.read", "input": ["path": .string(path)]],
          headers: ["Prefer": "wait=30"])
        #expect(answer.json["state"] == "failed")
        #expect(answer.json["error"]?["class"] == "refused")
      }
      let rows = try await system.database.query(
        "SELECT detail->>'code' AS code FROM audit_log WHERE outcome = 'refused'")
      let codes = try rows.map { try $0.decode("code", as: String.self) }
      #expect(codes == Array(repeating: "path_outside_workspace", count: 3))
    }
  }

  @Test func aStoppingWorkerFinishesItsTurnsAndLosesNone() async throws {
    try await withSystem(workers: ["skill.files", "skill.system"]) { system in
      let first = try await system.startWorker("agent.main", pace: 20)
      let client = Client(system)
      var ids: [JobID] = []
      for _ in 0..<12 { ids.append(try await client.enqueue("agent:main", "what time is it?")) }
      try await system.waitForExecutions(2, of: .agentTurn)
      let status = await first.stop()
      #expect(status.isSuccess)
      #expect(try await system.count("steps WHERE state = 3 AND kind = 1") == 0)
      let second = try await system.startWorker("agent.main")
      for id in ids {
        let job = try await client.send(.get, "/api/v1/jobs/\(id)?wait=30").json
        #expect(job["state"] == "succeeded")
      }
      #expect(try await system.count("steps WHERE crashes > 0 OR is_suspect OR attempt > 1") == 0)
      await second.stop()
    }
  }

  @Test func withoutTheBrokerJobsAreAcceptedAndDone() async throws {
    try await withSystem(workers: []) { system in
      await system.stack.rabbitmq.stop()
      let worker = try await system.startWorker("agent.main", "skill.files", "skill.system")
      let client = Client(system)
      while try await client.send(.get, "/readyz").status != 503 {
        try await Task.sleep(for: .milliseconds(50))
      }
      let id = try await client.enqueue("agent:main", "what time is it?")
      let job = try await client.send(.get, "/api/v1/jobs/\(id)?wait=60").json
      #expect(job["state"] == "succeeded")
      try await system.stack.rabbitmq.start()
      try await client.waitUntilReady()
      await worker.stop()
    }
  }

  @Test func withoutTheDatabaseRequestsAreToldToComeBack() async throws {
    try await withSystem { system in
      let client = Client(system)
      await system.stack.postgres.stop()
      let answer = try await client.send(
        .post, "/api/v1/jobs", body: ["target": "agent:main", "input": "x"])
      #expect(answer.status == 503)
      #expect(answer.headers["Retry-After"] != nil)
      #expect(try await client.send(.get, "/healthz").status == 200)
      #expect(try await client.send(.get, "/readyz").status == 503)
      try await system.stack.postgres.start()
      try await client.waitUntilReady()
      let id = try await client.enqueue("agent:main", "what time is it?")
      let job = try await client.send(.get, "/api/v1/jobs/\(id)?wait=60").json
      #expect(job["state"] == "succeeded")
    }
  }

  /// A system with a ready gateway and workers for the pools.
  private func withSystem(
    workers pools: [String] = ["agent.main", "skill.files", "skill.system"],
    _ body: @escaping @Sendable (TestSystem) async throws -> Void
  ) async throws {
    try await TestSystem.with { system in
      try await system.announceAll()
      let gateway = try await system.startGateway()
      try await Client(system).waitUntilReady()
      var workers: [ManagedProcess] = []
      for pool in pools { workers.append(try await system.startWorker(pool)) }
      try await body(system)
      for worker in workers { await worker.stop() }
      await gateway.stop()
    }
  }
}
