import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Each failpoint is a place that running processes pass.
@Suite(.serialized, .timeLimit(.minutes(6))) struct FailpointTests {
  /// What a job has to be for a worker to pass a place.
  private static let workerPoints: [(String, String, JSONValue)] =
    [
      "ticket-received", "claim-commit", "ticket-ack", "model-sent", "model-first-byte",
      "model-done", "finish-commit", "ticket-publish", "ticket-confirm", "outbox-delete",
      "reply-publish", "lease-renew", "skill-spawned", "skill-exited",
    ].map { ($0, "agent:main", "what time is it?") } + [
      ("effect-started", "skill:test.effect", [:]),
      ("retry-commit", "skill:test.fail", [:]),
      ("dead-commit", "skill:files.read", ["path": "there-is-none"]),
    ]

  @Test func workersPassThem() async throws {
    try await TestSystem.with(extraPools: ["skill.test"]) { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      let first = try await start(system, nil)
      for (_, target, input) in Self.workerPoints.suffix(3) {
        _ = try await client.enqueue(target, input)
      }
      await first.stop()
      for (point, target, input) in Self.workerPoints {
        _ = try await client.enqueue(target, input)
        let worker = try await start(system, "\(point):1:kill")
        #expect(await isKilled(worker, within: .seconds(30)), "\(point)")
      }
      async let shutdown: Void = passShutdown(system)
      let release = try await start(system, "release:1:kill")
      _ = try await client.enqueue("skill:test.pause", ["milliseconds": 60_000])
      try await waitForRunning("skill:test.pause", system)
      #expect(await release.stop().code == 128 + SIGKILL, "release")
      try await shutdown
      await gateway.stop()
    }
  }

  @Test func gatewaysPassThem() async throws {
    try await TestSystem.with { system in
      var gateway = try await system.startGateway()
      let worker = try await system.startWorker("agent.main")
      _ = try await Client(system).enqueue("agent:main", "hello")
      await worker.stop()
      await gateway.stop()
      for point in ["accept-commit", "ticket-publish", "ticket-confirm", "outbox-delete"] {
        gateway = try await system.startGateway(failpoints: "\(point):1:kill")
        async let accepted = Client(system).enqueue("agent:main", "hello")
        #expect(await gateway.exitStatus.code == 128 + SIGKILL, "\(point)")
        let next = try await system.startGateway()
        _ = try await accepted
        await next.stop()
      }
      for point in ["cancel-commit", "reply-publish"] {
        gateway = try await system.startGateway(failpoints: "\(point):1:kill")
        let client = Client(system)
        let id = try await client.enqueue("agent:main", "hello")
        // The gateway may die before it answers.
        _ = try? await client.send(.post, "/api/v1/jobs/\(id)/cancel")
        #expect(await gateway.exitStatus.code == 128 + SIGKILL, "\(point)")
      }
      gateway = try await system.startGateway(failpoints: "reap:1:kill")
      _ = try await Client(system).enqueue("agent:main", "hello")
      let victim = try await system.startWorker("agent.main", failpoints: "claim-commit:1:kill")
      #expect(await victim.exitStatus.code == 128 + SIGKILL)
      #expect(await gateway.exitStatus.code == 128 + SIGKILL, "reap")
    }
  }

  @Test func theNextOfASessionGoesOnAfterADeathAtPromote() async throws {
    try await TestSystem.with { system in
      var gateway = try await system.startGateway()
      let client = Client(system)
      let first = try await system.startWorker("agent.main")
      _ = try await client.enqueue("agent:main", "hello")
      await first.stop()
      var jobs: [String] = []
      for number in 0..<3 {
        let body: JSONValue = [
          "target": "agent:main", "input": .string("hello \(number)"), "session_id": "s",
        ]
        let answer = try await client.send(.post, "/api/v1/jobs", body: body)
        jobs.append(try #require(answer.json["id"]?.text))
      }
      let worker = try await system.startWorker("agent.main", failpoints: "promote:1:kill")
      #expect(await isKilled(worker, within: .seconds(30)), "a worker at promote")
      await gateway.stop()
      gateway = try await system.startGateway(failpoints: "promote:1:kill")
      try await client.waitUntilReady()
      // The gateway may die before it answers.
      _ = try? await client.send(.post, "/api/v1/jobs/\(jobs[1])/cancel")
      #expect(await gateway.exitStatus.code == 128 + SIGKILL, "a gateway at promote")
      gateway = try await system.startGateway()
      let last = try await system.startWorker("agent.main")
      try await client.waitUntilReady()
      let states = ["succeeded", "cancelled", "succeeded"]
      for (job, state) in zip(jobs, states) {
        let answer = try await client.send(.get, "/api/v1/jobs/\(job)?wait=20")
        #expect(answer.json["state"]?.text == state)
      }
      await last.stop()
      await gateway.stop()
    }
  }

  @Test func anEntryWithATypoStopsTheStart() async throws {
    try await TestSystem.with { system in
      let gateway = try await system.startGateway(failpoints: "accept-comit:1:kill")
      #expect(await gateway.exitStatus.code == 78)
      #expect(system.log("gateway").contains("accept-commit"))
      let worker = try await system.startWorker("agent.main", failpoints: "idle-claim:on")
      #expect(await worker.exitStatus.code == 78)
      #expect(system.log("worker").contains("idle-claim:off"))
    }
  }

  private func start(_ system: TestSystem, _ failpoints: String?) async throws -> ManagedProcess {
    try await system.startWorker(
      "agent.main", "skill.files", "skill.system", "skill.test", isScripted: true,
      failpoints: failpoints)
  }

  private func passShutdown(_ system: TestSystem) async throws {
    let worker = try await system.startWorker("skill.files", failpoints: "shutdown:1:kill")
    let counting: SQL = "SELECT count(*) AS n FROM workers WHERE pools = '{skill.files}'"
    while try await system.database.query(counting).first?.decode("n", as: Int64.self) != 1 {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(await worker.stop().code == 128 + SIGKILL, "shutdown")
  }

  private func waitForRunning(_ target: String, _ system: TestSystem) async throws {
    let counting: SQL = "SELECT count(*) AS n FROM steps WHERE state = 3 AND target = \(target)"
    while try await system.database.query(counting).first?.decode("n", as: Int64.self) == 0 {
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  /// Whether a process ends by SIGKILL in time; it has ended in any case.
  private func isKilled(_ worker: ManagedProcess, within limit: Duration) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // Cancelled once the process has ended.
        guard (try? await Task.sleep(for: limit)) != nil else { return }
        worker.requestStop()
      }
      let status = await worker.exitStatus
      group.cancelAll()
      return status.code == 128 + SIGKILL
    }
  }
}
