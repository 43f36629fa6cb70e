import Foundation
import GatewayAPI
import Jobs
import Observability
import Synchronization
import Testing

/// What a client that follows a job sees, byte by byte.
@Suite struct EventStreamTests {
  private static let at = Date(timeIntervalSince1970: 1_700_000_000.25)

  private struct Follower {
    let gateway: TestGateway
    let feed: ScriptedFeed

    var path: String { "/api/v1/jobs/\(feed.job)/events" }

    /// Opens the stream and reads its head and first line.
    func open(headers: [(String, String)] = []) async throws -> RawConnection {
      let connection = try await gateway.connect()
      try await connection.send(TestGateway.request("GET", path, headers: headers))
      let head = try #require(try await connection.response())
      #expect((head.status, head["content-type"]) == (200, "text/event-stream"))
      #expect((head["cache-control"], head["x-accel-buffering"]) == ("no-store", "no"))
      _ = try await connection.reads(through: "retry: 1000\n\n")
      return connection
    }

    func delta(_ text: String?, at offset: Int = 0, sequence: Int64? = nil) -> JobEvent {
      JobEvent(
        job: feed.job, sequence: sequence, type: .delta, at: EventStreamTests.at,
        content: .delta(
          TextDelta(
            step: StepID(feed.job.uuid), attempt: 1, offset: offset,
            length: text?.utf8.count ?? 5, text: text)))
    }
  }

  private func follow(
    _ configure: (inout GatewayConfiguration) -> Void = { _ in }, endless: Bool = false,
    _ body: @escaping @Sendable (Follower) async throws -> Void
  ) async throws {
    try await withGateway(configure) { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let job = try #require(JobID(id))
      let large = Follower(gateway: gateway, feed: ScriptedFeed(job: job))
        .delta(String(repeating: "x", count: 65_536))
      let feed = ScriptedFeed(job: job, endless: endless ? [large] : nil)
      gateway.service.script(feed)
      try await body(Follower(gateway: gateway, feed: feed))
    }
  }

  @Test func aChangeIsAnEventOfItsOwn() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      follower.feed.send(
        JobEvent(
          job: follower.feed.job, sequence: 2, type: .changed, at: Self.at,
          content: .change(["run_at", "input"])))
      _ = try await connection.reads(through: "event: job.changed\n")
      _ = try await connection.reads(through: #""data":{"changed":["run_at","input"]}"#)
    }
  }

  @Test func eachBatchArrivesAtOnce() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      for text in ["one", "two", "three"] {
        follower.feed.send(follower.delta(text))
        _ = try await connection.reads(through: "\"text\":\"\(text)\"")
      }
      follower.feed.send()
      _ = try await connection.reads(through: ": alive\n\n")
      follower.feed.end()
    }
  }

  @Test func anEventIsACloudEventInOneLine() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      let job = follower.feed.job
      follower.feed.send(
        JobEvent(job: job, sequence: 7, type: .started, at: Self.at, content: .none),
        follower.delta("a\nb", at: 2), follower.delta(nil, sequence: 8))
      let started = try await connection.reads(through: "}\n\n")
      #expect(started.contains("\r\nid: 7\nevent: job.started\ndata: {"))
      #expect(
        try Self.data(started) == [
          "specversion": "1.0", "id": .string("\(job)/7"),
          "source": .string("/api/v1/jobs/\(job)"), "type": "job.started",
          "subject": .string("\(job)"), "time": "2023-11-14T22:13:20.250Z",
          "datacontenttype": "application/json", "data": ["state": "running"],
        ])
      let live = try await connection.reads(through: "}\n\n")
      #expect(live.hasPrefix("event: job.delta\ndata: {"))
      let text = try Self.data(live)
      #expect(text["id"] == .string("\(job)/\(job)/1/2"))
      #expect(
        text["data"] == [
          "step": .string("\(job)"), "attempt": 1, "offset": 2, "length": 3, "text": "a\nb",
        ])
      let stored = try await connection.reads(through: "}\n\n")
      #expect(stored.hasPrefix("id: 8\nevent: job.delta\n"))
      #expect(try Self.data(stored)["data"]?["text"] == nil)
      follower.feed.end()
    }
  }

  @Test func anAttemptThatFailedTellsWhyAndWhenTheNextOneIs() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      let job = follower.feed.job
      var step = StepChange(
        step: StepID(job.uuid), index: 0, kind: .agentTurn, target: .agent("main"),
        state: .pending, attempt: 2)
      step.error = StepFailure(.transient, code: "busy", message: "not now")
      step.retryAt = Self.at
      follower.feed.send(
        JobEvent(job: job, sequence: 2, type: .step, at: Self.at, content: .step(step)))
      let data = try Self.data(try await connection.reads(through: "}\n\n"))["data"]
      #expect(data?["state"] == "pending" && data?["attempt"] == 2)
      #expect(data?["error"] == ["class": "transient", "code": "busy", "message": "not now"])
      #expect(data?["retry_at"] == .time(Self.at))
      follower.feed.end()
    }
  }

  @Test func theStreamEndsWithTheJobAndTheConnectionGoesOn() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      let job = follower.feed.job
      let step = StepChange(
        step: StepID(job.uuid), index: 0, kind: .agentTurn, target: .agent("main"), state: .done,
        attempt: nil)
      follower.gateway.service.succeed(job, with: "done")
      let record = try #require(follower.gateway.service.state.withLock { $0.jobs[job] })
      follower.feed.send(
        JobEvent(job: job, sequence: 2, type: .step, at: Self.at, content: .step(step)),
        JobEvent(job: job, sequence: 3, type: .succeeded, at: Self.at, content: .ended(record)))
      follower.feed.end()
      let first = try Self.data(try await connection.reads(through: "}\n\n"))
      #expect(
        first["data"] == [
          "step": .string("\(job)"), "index": 0, "kind": "agent_turn", "target": "agent:main",
          "state": "done", "attempt": .null,
        ])
      let last = try Self.data(try await connection.reads(through: "}\n\n"))
      #expect(last["data"] == ["state": "succeeded", "result": "done", "error": .null])
      _ = try await connection.reads(through: "0\r\n\r\n")
      try await connection.send(TestGateway.request("GET", "/healthz"))
      #expect(try await connection.response()?.status == 200)
    }
  }

  @Test func aClientGoesOnAfterItsLastEvent() async throws {
    try await follow { follower in
      for (headers, query, after) in [
        ([], "", 0), ([], "?after=4", 4),
        ([("Last-Event-ID", "12345678901")], "?after=4", 12_345_678_901),
      ] as [([(String, String)], String, Int64)] {
        let connection = try await follower.gateway.connect()
        try await connection.send(
          TestGateway.request("GET", follower.path + query, headers: headers))
        #expect(try await connection.response()?.status == 200)
        #expect(follower.feed.after.withLock { $0 } == after)
        follower.feed.end()
      }
      for value in ["", "-1", "x", "1.5", "1234567890123456789"] {
        let header = try await follower.gateway.send(
          "GET", follower.path, headers: [("Last-Event-ID", value)])
        #expect((header.status, header.problem) == (400, "malformed-header"), "\(value)")
        let query = try await follower.gateway.send("GET", "\(follower.path)?after=\(value)")
        #expect((query.status, query.problem) == (400, "invalid-query-parameter"), "\(value)")
      }
    }
  }

  @Test func whoHasAllEventsGetsNoContent() async throws {
    try await withGateway { gateway in
      let id = try #require(try await gateway.post(JobRoutesTests.job).json["id"]?.text)
      let path = "/api/v1/jobs/\(id)/events"
      gateway.service.succeed(try #require(JobID(id)), with: "done")
      let over = try await gateway.send("GET", path, headers: [("Last-Event-ID", "2")])
      #expect((over.status, over.body) == (204, []))
      let other = try await gateway.send("GET", path, token: "bob-token")
      #expect((other.status, other.problem) == (404, "job-not-found"))
    }
  }

  @Test func headHasTheHeadersAndOpensNothing() async throws {
    try await follow { follower in
      let connection = try await follower.gateway.connect()
      try await connection.send(TestGateway.request("HEAD", follower.path))
      let head = try #require(try await connection.response(isHead: true))
      #expect((head.status, head["content-type"]) == (200, "text/event-stream"))
      await follower.feed.dropped.wait()
      try await connection.send(TestGateway.request("GET", "/healthz"))
      #expect(try await connection.response()?.text == #"{"status":"ok"}"#)
    }
  }

  @Test func aClientThatLeavesDropsTheSubscription() async throws {
    for isHalf in [true, false] {
      try await follow { follower in
        do {
          let connection = try await follower.open()
          if isHalf {
            connection.finish()
            _ = try await connection.reads(through: "0\r\n\r\n")
          }
        }
        await follower.feed.dropped.wait()
      }
    }
  }

  @Test func aFailedFeedEndsTheStreamInGoodOrder() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      follower.feed.end(throwing: RawConnection.Failure(message: "secret"))
      _ = try await connection.reads(through: "0\r\n\r\n")
      #expect(!follower.gateway.log.lines.contains { $0.contains("secret") })
    }
  }

  @Test func aDrainingNodeEndsItsStreams() async throws {
    try await follow { follower in
      let connection = try await follower.open()
      await follower.gateway.shutDown()
      _ = try await connection.reads(through: "0\r\n\r\n")
      await follower.feed.dropped.wait()
    }
  }

  @Test func aSlowReaderHoldsUpOnlyItself() async throws {
    try await follow(endless: true) { follower in
      let connection = try await follower.open()
      var pulls = (before: -1, now: 0)
      while pulls.before != pulls.now {
        // Long enough to fill every buffer on the way, which is when pulling stops.
        try await Task.sleep(for: .milliseconds(300))
        pulls = (pulls.now, follower.feed.pulls.withLock { $0 })
      }
      #expect(pulls.now < 400, "\(pulls.now) batches of 64 KiB wait for one reader")
      #expect(try await follower.gateway.send("GET", "/healthz").status == 200)
      for _ in 0..<pulls.now { _ = try await connection.reads(through: "}\n\n") }
      #expect(follower.feed.pulls.withLock { $0 } > pulls.now)
    }
  }

  @Test func aReaderThatTakesNothingIsLetGo() async throws {
    try await follow({ $0.idleTimeout = .milliseconds(500) }, endless: true) { follower in
      let connection = try await follower.open()
      await follower.feed.dropped.wait()
      #expect(try await connection.readsEnd())
    }
  }

  @Test func noTimeoutCutsALiveStream() async throws {
    try await follow({
      $0.idleTimeout = .seconds(1)
      $0.headTimeout = .seconds(1)
      $0.requestTimeout = .seconds(1)
    }) { follower in
      let connection = try await follower.open()
      try await Task.sleep(for: .seconds(3))
      follower.feed.send(follower.delta("late"))
      _ = try await connection.reads(through: "\"text\":\"late\"")
      follower.feed.end()
    }
  }

  @Test func aStreamIsCountedAndLoggedAtItsEnd() async throws {
    try await follow { follower in
      let labels = ["/api/v1/jobs/{id}/events", "GET", "200"]
      let metrics = follower.gateway.service.metricsRegistry
      let connection = try await follower.open()
      #expect(metrics.snapshot().value(.httpRequestDuration, labels) == nil)
      follower.feed.end()
      _ = try await connection.reads(through: "0\r\n\r\n")
      try await connection.send(TestGateway.request("GET", "/healthz"))
      _ = try await connection.response()
      #expect(metrics.snapshot().value(.httpRequestDuration, labels) == 1)
      let lines = follower.gateway.log.lines.filter { $0.contains("/events") }
      #expect(lines.count == 1)
      #expect(!lines.contains { $0.contains("\(follower.feed.job)") })
    }
  }

  private static func data(_ event: String) throws -> JSONValue {
    let line = try #require(event.split(separator: "\n").first { $0.hasPrefix("data: ") })
    return try JSONValue(json: line.utf8.dropFirst("data: ".count))
  }
}
