import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Pools grow and shrink while they work, and nothing is lost.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ScalingTests {
  @Test func workersComeAndGoUnderLoad() async throws {
    try await TestSystem.with { system in
      try await system.announceAll()
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await client.waitUntilReady()
      let skills = try await system.startWorker("skill.system")
      // All are there before the first of them is begun, however slow this machine is.
      var jobs: [JobID] = []
      for _ in 0..<40 { jobs.append(try await client.enqueue("agent:main", "what time is it?")) }
      let first = try await system.startWorker("agent.main", pace: 50, concurrency: 1)
      try await Self.wait(client) { $0["consumers"] == 1 }
      let before = try await Self.lane(client)
      #expect(before["ready"]?.int ?? 0 > 20 && before["consumers"] == 1)
      #expect(before["oldest_age_seconds"] != .null)

      var more: [ManagedProcess] = []
      for _ in 0..<2 {
        more.append(try await system.startWorker("agent.main", pace: 10, concurrency: 4))
      }
      try await Self.wait(client) { $0["consumers"] == 3 }
      // One is stopped by a signal, one is told to drain over the API.
      #expect(await first.stop().isSuccess)
      let workers = try await client.send(.get, "/api/v1/workers?pool=agent.main&state=running")
      let id = try #require(workers.json["items"]?.elements?.first?["id"]?.text)
      let told = try await client.send(.post, "/api/v1/workers/\(id)/drain", body: [:])
      #expect(told.status == 202 && told.json["state"] == "draining")
      #expect(try await Self.firstToEnd(more).isSuccess)

      try await Self.wait(client) { $0["ready"] == 0 }
      for job in jobs {
        let end = try await client.send(.get, "/api/v1/jobs/\(job)?wait=60").json
        #expect(end["state"] == "succeeded")
      }
      #expect(try await system.count("steps WHERE crashes > 0 OR attempt > 1") == 0)
      for process in more + [skills, gateway] { await process.stop() }
    }
  }

  private static func lane(_ client: Client) async throws -> JSONValue {
    try await client.send(.get, "/api/v1/queues/agent.main.normal").json
  }

  /// Looks at the lane until the condition holds; the suite's time limit ends a vain wait.
  private static func wait(
    _ client: Client, until isMet: (JSONValue) -> Bool
  ) async throws {
    while !isMet(try await lane(client)) { try await Task.sleep(for: .milliseconds(100)) }
  }

  private static func firstToEnd(_ processes: [ManagedProcess]) async throws -> ProcessExit {
    while true {
      if let exit = processes.lazy.compactMap(\.exitStatusIfEnded).first { return exit }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
