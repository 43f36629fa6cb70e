import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Live streams over real processes, and a model in a process of its own. The chaos scenario
/// `streams` reads them over many connections and kills.
@Suite(.serialized, .timeLimit(.minutes(10))) struct StreamTests {
  @Test func piecesArriveOneByOneThroughGatewayAgentAndSkill() async throws {
    try await withSystem { system, stub in
      try await stub.script([
        [
          "pieces": ["Let me see."],
          "calls": [
            [
              "id": "c1", "name": "system_clock", "arguments": ["time_zone": "Asia/Tokyo"],
              "split": 3,
            ]
          ],
        ],
        ["pieces": ["It ", "is ", "late ", "in ", "Tokyo."], "gate": true],
      ])
      let client = Client(system)
      let job = try await client.enqueue("agent:main", "what time is it in Tokyo?")
      var reading = EventReading()
      var lateStep: String?
      var delays: [Duration] = []
      var (asked, pieces): (ContinuousClock.Instant?, Int) = (nil, 0)
      let status = try await client.events(of: job, &reading) { reading in
        if let asked, reading.livePieces > pieces { delays.append(.now - asked) }
        pieces = reading.livePieces
        // Each piece is let through only after the one before has arrived.
        guard reading.types.count(where: { $0 == "job.step" }) >= 2 else { return false }
        asked = .now
        try await stub.go()
        return false
      }
      print("streams: from letting a piece out of the model to the client: \(delays)")
      #expect(status == 200 && reading.isOver && reading.faults.isEmpty)
      #expect(reading.livePieces >= 5)
      let steps = try await client.send(.get, "/api/v1/jobs/\(job)/steps").json["items"]?.elements
      #expect(
        steps?.compactMap { $0["target"]?.text } == [
          "agent:main", "skill:system.clock", "agent:main",
        ])
      lateStep = steps?.last?["id"]?.text
      #expect(lateStep.flatMap(reading.text) == "It is late in Tokyo.")
      let record = try await client.send(.get, "/api/v1/jobs/\(job)").json
      #expect(record["result"]?["text"] == "It is late in Tokyo.")
      #expect(record["result"]?["model"]?.text?.hasPrefix("openai/") == true)
    }
  }

  @Test func cancellingCutsTheModelAndKeepsWhatItWrote() async throws {
    try await withSystem { system, stub in
      try await stub.script([["endless": "word ", "pause_ms": 20]])
      let client = Client(system)
      let job = try await client.enqueue("agent:main", "talk for ever")
      var reading = EventReading()
      var asked = false
      _ = try await client.events(of: job, &reading) { reading in
        guard reading.livePieces >= 3, !asked else { return false }
        asked = true
        let answer = try await client.send(.post, "/api/v1/jobs/\(job)/cancel", body: [:])
        #expect(answer.status == 202)
        return false
      }
      #expect(reading.types.last == "job.cancelled" && reading.faults.isEmpty)
      let log = try await stub.wait(for: "ended=1")
      #expect(try await stub.log().last?["outcome"] == "client_cut", "\(log)")
      let record = try await client.send(.get, "/api/v1/jobs/\(job)").json
      #expect(record["state"] == "cancelled" && record["result"]?["partial"] == true)
      let step = try await client.send(.get, "/api/v1/jobs/\(job)/steps").json["items"]?.elements?
        .first?["id"]?.text
      #expect(record["result"]?["text"]?.text == step.flatMap(reading.text))
    }
  }

  @Test func aStreamEndsSoonAfterItsTokenWasRevoked() async throws {
    try await withSystem { system, stub in
      try await stub.script([["endless": "word ", "pause_ms": 20]])
      let client = Client(system)
      let job = try await client.enqueue("agent:main", "talk for ever")
      var reading = EventReading()
      var revokedAt: ContinuousClock.Instant?
      _ = try await client.events(of: job, &reading) { reading in
        guard reading.livePieces >= 3, revokedAt == nil else { return false }
        _ = try await system.database.execute("UPDATE tokens SET revoked_at = now()")
        revokedAt = .now
        return false
      }
      // The model writes for ever, so the stream's end can have no other cause.
      #expect(!reading.isOver && revokedAt != nil)
      // For the rest of a second a node may still know the token: such a stream ends soon, too.
      let comesAgainAt = ContinuousClock.now
      var status = try await client.events(of: job, &reading)
      while status == 200, ContinuousClock.now - comesAgainAt < .seconds(1) {
        status = try await client.events(of: job, &reading)
      }
      if status == 200 { status = try await client.events(of: job, &reading) }
      #expect(status == 401)
    }
  }

  @Test func aProviderThatFailsIsAskedAgainAndItsTextReplaced() async throws {
    try await withSystem { system, stub in
      try await stub.script([
        ["pieces": ["Half an ", ["text": "answer", "then": "reset"]]],
        ["pieces": ["A whole one."]],
      ])
      let client = Client(system)
      let job = try await client.enqueue("agent:main", "say something")
      var reading = EventReading()
      _ = try await client.events(of: job, &reading)
      #expect(reading.types.last == "job.succeeded" && reading.faults.isEmpty)
      let steps = try await client.send(.get, "/api/v1/jobs/\(job)/steps").json["items"]?.elements
      #expect(steps?.count == 1 && steps?.first?["attempt"] == 2)
      #expect(steps?.first?["id"]?.text.flatMap(reading.text) == "A whole one.")
    }
  }

  /// A system whose workers ask a stub.
  private func withSystem(
    _ body: @escaping @Sendable (TestSystem, ModelStub) async throws -> Void
  ) async throws {
    try await ModelStub.with { stub in
      try await TestSystem.with { system in
        try await system.announceAll()
        var processes: [ManagedProcess] = []
        processes.append(try await system.startGateway())
        try await Client(system).waitUntilReady()
        processes.append(
          try await system.startWorker(
            "agent.main", concurrency: 8, settings: stub.settings))
        processes.append(try await system.startWorker("skill.files", "skill.system"))
        try await body(system, stub)
        for process in processes.reversed() { await process.stop() }
      }
    }
  }
}
