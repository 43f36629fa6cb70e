import Chaos
import Foundation
import HTTP
import Jobs
import LocalServices
import TestSupport
import Testing

/// Webhooks over real processes, to a receiver that verifies with the library of the standard.
@Suite(
  .serialized, .timeLimit(.minutes(5)),
  .enabled(if: TestTools.python != nil, "needs scripts/setup.sh --test"))
struct WebhookJourneyTests {
  @Test func theEndOfAJobIsToldOnceSignedAndAgainOnDemand() async throws {
    try await withSystem { client, receiver in
      let secret = try await receiver.webhook("ops", of: client)
      try await receiver.control("ops", ["secrets": [.string(secret)]])
      let job = try await client.enqueue("skill:system.clock", [:])
      let first = try #require(try await receiver.log("ops", count: 1).first)
      #expect(first["verified"] == [true])
      let body = first["body"]
      #expect(body?["type"] == "job.succeeded" && body?["data"]?["id"]?.text == job.description)
      #expect(body?["data"]?["state"] == "succeeded" && body?["data"]?["input"] == nil)
      #expect(body?["data"]?["result"]?["weekday"] != nil)
      let headers = first["headers"]
      #expect(headers?["content-type"] == "application/json")
      #expect(headers?["user-agent"]?.text?.hasPrefix("openclaw/") == true)
      let delivery = try await client.delivery("delivered", of: "ops")
      #expect(headers?["webhook-id"] == delivery["id"] && delivery["job_id"]?.text == "\(job)")
      #expect(delivery["attempts"] == .integer(1) && delivery["last_status"] == .integer(204))

      let id = try #require(delivery["id"]?.text)
      let answer = try await client.send(
        .post, "/api/v1/webhooks/ops/deliveries/\(id)/replay", body: [:])
      #expect(answer.status == 202)
      let log = try await receiver.log("ops", count: 2)
      #expect(log.map { $0["headers"]?["webhook-id"]?.text } == [id, id])
      #expect(log.last?["verified"] == [true] && log.last?["body"] == body)
    }
  }

  @Test func bothSecretsSignUntilTheOldOneEnds() async throws {
    try await withSystem { client, receiver in
      let old = try await receiver.webhook("ops", of: client)
      let new = try await client.rotate("ops", keepingOldFor: "1h")
      try await receiver.control("ops", ["secrets": [.string(old), .string(new)]])
      _ = try await client.enqueue("skill:system.clock", [:])
      let both = try #require(try await receiver.log("ops", count: 1).first)
      #expect(both["verified"] == [true, true])
      #expect(both["headers"]?["webhook-signature"]?.text?.split(separator: " ").count == 2)
      let last = try await client.rotate("ops", keepingOldFor: "0s")
      try await receiver.control(
        "ops", ["secrets": [.string(old), .string(new), .string(last)]])
      _ = try await client.enqueue("skill:system.clock", [:])
      #expect(try await receiver.log("ops", count: 2).last?["verified"] == [false, false, true])
    }
  }

  @Test func whatWasNotTakenComesAgainUnderTheSameID() async throws {
    try await withSystem { client, receiver in
      let secret = try await receiver.webhook("ops", of: client)
      try await receiver.control("ops", ["secrets": [.string(secret)], "statuses": [500, 302]])
      _ = try await client.enqueue("skill:system.clock", [:])
      let failing = try await client.delivery("pending", of: "ops", attempts: 1)
      #expect(failing["last_status"] == .integer(500) && failing["last_error"] == "status_500")
      // The step's end is committed a moment after the attempt is noted.
      _ = try await client.delivery("pending", of: "ops", attempts: 1, isScheduled: true)
      // The second attempt is told to go elsewhere, and does not.
      let log = try await receiver.log("ops", count: 2)
      #expect(Set(log.map { $0["headers"]?["webhook-id"]?.text }).count == 1)
      #expect(log.allSatisfy { $0["verified"] == [true] })
      let moved = try await client.delivery("pending", of: "ops", attempts: 2)
      #expect(moved["last_status"] == .integer(302))
      #expect(try await receiver.log("ops-moved", count: 0).isEmpty)
      let id = try #require(moved["id"]?.text)
      _ = try await client.send(
        .post, "/api/v1/webhooks/ops/deliveries/\(id)/replay", body: [:])
      let third = try await receiver.log("ops", count: 3).last
      #expect(third?["headers"]?["webhook-id"]?.text == id)
      _ = try await client.delivery("delivered", of: "ops", attempts: 3)
    }
  }

  @Test func whoeverIsGoneIsToldNothingMore() async throws {
    try await withSystem { client, receiver in
      _ = try await receiver.webhook("ops", of: client)
      try await receiver.control("ops", ["statuses": [410]])
      _ = try await client.enqueue("skill:system.clock", [:])
      let failed = try await client.delivery("failed", of: "ops")
      #expect(failed["last_error"] == "status_410" && failed["attempts"] == .integer(1))
      let hook = try await client.send(.get, "/api/v1/webhooks/ops").json
      #expect(hook["state"] == "disabled" && hook["disabled_reason"] == "gone")
      let job = try await client.enqueue("skill:system.clock", [:])
      _ = try await client.send(.get, "/api/v1/jobs/\(job)?wait=30")
      let enabled = try await client.send(
        .patch, "/api/v1/webhooks/ops", body: ["disabled": false])
      #expect(enabled.json["state"] == "active" && enabled.json["disabled_reason"] == .null)
      let named = try await client.send(
        .post, "/api/v1/jobs",
        body: ["target": "skill:system.clock", "input": [:], "webhook": "ops"])
      #expect(named.status == 202)
      let log = try await receiver.log("ops", count: 2)
      #expect(log.last?["body"]?["data"]?["id"] == named.json["id"])
    }
  }

  @Test func anEndpointThatHangsDoesNotDelayAnotherOfItsUser() async throws {
    try await withSystem { client, receiver in
      _ = try await receiver.webhook("hung", of: client)
      _ = try await receiver.webhook("ops", of: client)
      try await receiver.control("hung", ["hang": 60])
      for _ in 0..<30 { _ = try await client.enqueue("skill:system.clock", [:]) }
      let ended = ContinuousClock.now
      let log = try await receiver.log("ops", count: 30)
      #expect(log.count == 30)
      let took = ContinuousClock.now - ended
      #expect(took < .seconds(15), "30 deliveries took \(took)")
      // Each holds its slot for 10 s, and there are two slots.
      let hung = try await receiver.log("hung", count: 2).count
      #expect(hung < 10, "\(hung) hung at the same time")
      _ = try await client.send(.delete, "/api/v1/webhooks/hung")
    }
  }

  @Test func aPrivateAddressIsRefusedWhenItIsConnectedTo() async throws {
    try await withSystem(worker: ["OPENCLAW_WEBHOOKS_ALLOW": ""]) { client, receiver in
      _ = try await receiver.webhook("ops", of: client)
      _ = try await client.enqueue("skill:system.clock", [:])
      let failed = try await client.delivery("failed", of: "ops")
      #expect(failed["last_error"] == "egress_refused" && failed["last_status"] == .null)
      #expect(try await receiver.log("ops", count: 0).isEmpty)
    }
  }

  @Test func withoutSettingsAPrivateAddressIsRefusedAtOnce() async throws {
    try await TestSystem.with { system in
      let gateway = try await system.startGateway()
      let client = Client(system)
      try await client.waitUntilReady()
      for url in ["https://127.0.0.1/h", "http://example.com/h", "https://169.254.169.254/"] {
        let answer = try await client.send(
          .post, "/api/v1/webhooks", body: ["url": .string(url)])
        #expect(answer.status == 422, "\(url)")
        #expect(answer.json["errors"]?.elements?.first?["pointer"] == "/url")
      }
      await gateway.stop()
    }
  }

  @Test func settingsThatCannotBeUsedStopTheStart() async throws {
    try await TestSystem.with { system in
      let gateway = try await system.startGateway(
        settings: ["OPENCLAW_WEBHOOKS_ALLOW": "10.1.2.3/8"])
      #expect(await gateway.exitStatus.code == 78)
      #expect(system.log("gateway").contains("OPENCLAW_WEBHOOKS_ALLOW"))
      let worker = try await system.startWorker(
        "skill.webhooks", settings: ["OPENCLAW_WEBHOOKS_PLAIN_HTTP": "maybe"])
      #expect(await worker.exitStatus.code == 78)
      #expect(system.log("worker").contains("OPENCLAW_WEBHOOKS_PLAIN_HTTP"))
    }
  }

  /// A system that may reach the receiver, with a worker for what is told and for telling it.
  private func withSystem(
    worker settings: [String: String] = [:],
    _ body: @escaping @Sendable (Client, WebhookReceiver) async throws -> Void
  ) async throws {
    let open = WebhookReceiver.settings
    try await TestSystem.with { system in
      let gateway = try await system.startGateway(settings: open)
      let client = Client(system)
      try await client.waitUntilReady()
      let worker = try await system.startWorker(
        "skill.system", "skill.webhooks", settings: open.merging(settings) { $1 })
      try await WebhookReceiver.run { try await body(client, $0) }
      await worker.stop()
      await gateway.stop()
    }
  }
}

extension Client {
  /// The newest delivery, once it is in a state.
  ///
  /// - Parameters:
  ///   - attempts: How many must have been made at least.
  ///   - isScheduled: Whether the time of the next one must be known.
  fileprivate func delivery(
    _ state: String, of webhook: String, attempts: Int64 = 0, isScheduled: Bool = false
  ) async throws -> JSONValue {
    while true {
      let page = try await send(.get, "/api/v1/webhooks/\(webhook)/deliveries?limit=1").json
      if let found = page["items"]?.elements?.first, found["state"]?.text == state,
        found["attempts"]?.int ?? 0 >= attempts,
        !isScheduled || found["next_attempt_at"]?.text != nil
      {
        return found
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  fileprivate func rotate(_ webhook: String, keepingOldFor time: String) async throws -> String {
    let answer = try await send(
      .post, "/api/v1/webhooks/\(webhook)/rotate", body: ["keep_old_for": .string(time)])
    return try #require(answer.json["secret"]?.text)
  }
}
