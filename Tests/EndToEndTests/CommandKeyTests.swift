import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Commands that make a job, sent again under their key, over real processes.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandKeyTests {
  private static let key = ["Idempotency-Key": "k"]

  @Test func aFireThatIsSentAgainMakesOneJob() async throws {
    try await withSystem { system in
      let client = Client(system)
      let made = try await client.send(
        .post, "/api/v1/schedules",
        body: [
          "name": "s", "cron": "0 0 29 2 *", "target": "agent:main", "input": "what time is it?",
        ])
      let fire = "/api/v1/schedules/s/fire"
      // At the same moment, too: each finds the job of the one that came first.
      let ids = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<8 {
          group.addTask {
            try await client.send(.post, fire, headers: Self.key).json["id"]?.text
          }
        }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(ids.count == 1 && !ids.contains(nil))
      _ = try await client.send(.patch, "/api/v1/schedules/s", body: ["input": "list files"])
      let again = try await client.send(.post, fire, headers: Self.key)
      #expect(again.headers["Idempotency-Replayed"] == "true")
      #expect(ids == [again.json["id"]?.text])
      #expect(again.json["schedule_id"] == made.json["id"])
      #expect(try await system.count("jobs") == 1)
      let job = try await client.send(
        .post, "/api/v1/jobs", body: ["target": "agent:main", "input": "list files"],
        headers: Self.key)
      #expect((job.status, job.json["code"]) == (422, "idempotency_key_reused"))
      #expect(try await client.send(.post, fire).json["id"] != again.json["id"])
    }
  }

  @Test func aRetryThatIsSentAgainMakesOneJob() async throws {
    try await withSystem { system in
      let client = Client(system)
      let old = try await client.send(
        .post, "/api/v1/jobs", body: ["target": "agent:main", "input": "x", "delay": "1h"])
      let id = try #require(old.json["id"]?.text)
      _ = try await client.send(.post, "/api/v1/jobs/\(id)/cancel")
      let first = try await client.send(.post, "/api/v1/jobs/\(id)/retry", headers: Self.key)
      let again = try await client.send(.post, "/api/v1/jobs/\(id)/retry", headers: Self.key)
      #expect(first.status == 202 && first.json["retry_of"]?.text == id)
      #expect(again.json["id"] == first.json["id"])
      #expect(again.headers["Idempotency-Replayed"] == "true")
      #expect(try await system.count("jobs") == 2)
    }
  }

  /// Without workers: what waits is enough.
  private func withSystem(
    _ body: @escaping @Sendable (TestSystem) async throws -> Void
  ) async throws {
    try await TestSystem.with { system in
      try await system.announceAll()
      let gateway = try await system.startGateway()
      try await Client(system).waitUntilReady()
      try await body(system)
      await gateway.stop()
    }
  }
}
