import Foundation
import Jobs
import Postgres
import Security
import Storage
import Testing

@testable import Engine

/// A user's webhooks over a real database.
@Suite(.timeLimit(.minutes(1))) struct WebhookBookTests {
  @Test func aWebhookIsFoundChangedAndDeleted() async throws {
    try await EngineBench.with { bench in
      let request = WebhookRequest(name: "ops", url: "https://example.com/h?key=s3cret")
      let made = try await bench.book.create(request, by: bench.principal)
      #expect(WebhookSecret(made.secret) != nil && made.webhook.request == request)
      await #expect(throws: WebhookBook.Refusal.nameTaken) {
        _ = try await bench.book.create(request, by: bench.principal)
      }
      var change = WebhookChange()
      change.events = [.jobFailed]
      change.isDisabled = true
      let changed = try await bench.book.edit("ops", change, by: bench.principal)
      #expect(changed?.request == change.applied(to: request) && changed?.disablement == .byUser)
      change = WebhookChange()
      change.isDisabled = false
      let enabled = try await bench.book.edit("ops", change, by: bench.principal)
      #expect(enabled?.disablement == nil && enabled?.disabledAt == nil)
      #expect(enabled?.request.events == [.jobFailed])
      #expect(try await bench.book.find("ops", of: UserID()) == nil)
      #expect(try await bench.book.delete("ops", by: bench.principal))
      #expect(try await bench.book.list(of: bench.principal.user).isEmpty)
      let rows = try await bench.pool.query(
        "SELECT action FROM audit_log WHERE action LIKE 'webhook.%' ORDER BY at")
      #expect(
        try rows.map { try $0.decode("action", as: String.self) } == [
          "webhook.create", "webhook.edit", "webhook.edit", "webhook.delete",
        ])
    }
  }

  @Test func neitherURLNorSecretIsStoredReadable() async throws {
    try await EngineBench.with { bench in
      let made = try await bench.book.create(
        WebhookRequest(url: "https://example.com/h?key=s3cret"), by: bench.principal)
      for (column, table, text) in [
        ("url", "webhooks", "s3cret"), ("secret", "webhook_secrets", made.secret),
      ] {
        let rows = try await bench.pool.query(
          "SELECT \(unsafeRaw: column) AS cell FROM \(unsafeRaw: table)")
        let cell = try #require(try rows.first?.decode("cell", as: [UInt8].self))
        #expect(!String(decoding: cell, as: UTF8.self).contains(text))
      }
      #expect(!"\(made)".contains("whsec_"))
    }
  }

  @Test func oldSecretsSignUntilTheirEndUnlessAllShallEnd() async throws {
    try await EngineBench.with { bench in
      let made = try await bench.book.create(
        WebhookRequest(name: "ops", url: "https://example.com/h"), by: bench.principal)
      let second = try await bench.book.rotate(
        "ops", keepingOldFor: .seconds(3600), by: bench.principal)
      #expect(second?.secret != made.secret && second?.webhook.oldSecretUntil != nil)
      #expect(try await bench.count("webhook_secrets") == 2)
      let third = try await bench.book.rotate(
        "ops", keepingOldFor: .seconds(60), by: bench.principal)
      // The first one was promised to sign for an hour.
      #expect(try await bench.count("webhook_secrets") == 3)
      #expect(third?.webhook.oldSecretUntil == second?.webhook.oldSecretUntil)
      let last = try await bench.book.rotate("ops", keepingOldFor: .zero, by: bench.principal)
      #expect(last?.webhook.oldSecretUntil == nil)
      #expect(try await bench.count("webhook_secrets") == 1)
      #expect(try await bench.count("audit_log WHERE action = 'webhook.rotate'") == 3)
      #expect(
        try await bench.book.rotate("none", keepingOldFor: .zero, by: bench.principal) == nil)
    }
  }

  @Test func ofManyOldSecretsThoseGoThatEndFirst() async throws {
    try await EngineBench.with { bench in
      let made = try await bench.book.create(
        WebhookRequest(name: "ops", url: "https://example.com/h"), by: bench.principal)
      for hours in [9, 1, 2, 3, 4, 5, 6] {
        _ = try await bench.book.rotate(
          "ops", keepingOldFor: .seconds(hours * 3600), by: bench.principal)
      }
      #expect(try await bench.count("webhook_secrets WHERE expires_at IS NULL") == 1)
      #expect(try await bench.count("webhook_secrets WHERE expires_at IS NOT NULL") == 5)
      let soon: SQL = "webhook_secrets WHERE expires_at < now() + interval '2 h 30 min'"
      #expect(try await bench.count(soon) == 0)
      let found = try await bench.book.find("ops", of: bench.principal.user)
      let until = try #require(found?.oldSecretUntil)
      #expect(until > made.webhook.createdAt + 8 * 3600)
    }
  }

  @Test func secretsThatSignNoMoreAreForgotten() async throws {
    try await EngineBench.with { bench in
      for name in ["a", "b"] {
        _ = try await bench.book.create(
          WebhookRequest(name: name, url: "https://example.com/h"), by: bench.principal)
        _ = try await bench.book.rotate(
          name, keepingOldFor: .seconds(60), by: bench.principal)
      }
      _ = try await bench.pool.execute(
        "UPDATE webhook_secrets SET expires_at = now() - interval '1 s' WHERE expires_at IS NOT NULL"
      )
      _ = try await bench.pool.execute("DELETE FROM webhooks WHERE name = 'b'")
      _ = try await RetainDuty(
        pool: bench.pool, policy: RetentionPolicy(), metrics: bench.metrics
      ).run()
      #expect(try await bench.count("webhook_secrets") == 1)
      #expect(try await bench.count("webhook_secrets WHERE expires_at IS NULL") == 1)
    }
  }

  @Test func anyWebhookCanBeDisabledAndAURLIsCheckedWhereRequestsBegin() async throws {
    struct NotAllowed: Error {}
    try await EngineBench.with { bench in
      let request = WebhookRequest(name: "ops", url: "https://10.0.0.1/h")
      _ = try await bench.book.create(request, by: bench.principal)
      func edit(_ fill: (inout WebhookChange) -> Void) async throws -> WebhookRecord? {
        var change = WebhookChange()
        fill(&change)
        return try await bench.book.edit("ops", change, by: bench.principal) { url in
          if url.contains("10.0.0.1") { throw NotAllowed() }
        }
      }
      #expect(try await edit { $0.isDisabled = true }?.disablement == .byUser)
      #expect(try await edit { $0.events = [.jobFailed] }?.request.events == [.jobFailed])
      await #expect(throws: NotAllowed.self) { _ = try await edit { $0.isDisabled = false } }
      await #expect(throws: NotAllowed.self) {
        _ = try await edit { $0.url = "https://10.0.0.1/i" }
      }
      let moved = try await edit {
        $0.url = "https://example.com/h"
        $0.isDisabled = false
      }
      #expect(moved?.request.url == "https://example.com/h" && moved?.disablement == nil)
    }
  }

  @Test func whatWouldNeverBeToldAnythingIsRefused() async throws {
    try await EngineBench.with { bench in
      let never = WebhookRequest(
        url: "https://example.com/h", events: [.batchCompleted], coversAllJobs: false)
      await #expect(throws: WebhookBook.Refusal.neverTold) {
        _ = try await bench.book.create(never, by: bench.principal)
      }
      let hook = try await bench.webhook(events: [.batchCompleted])
      var change = WebhookChange()
      change.coversAllJobs = false
      let narrowed = change
      await #expect(throws: WebhookBook.Refusal.neverTold) {
        _ = try await bench.book.edit(hook.id.description, narrowed, by: bench.principal)
      }
    }
  }

  @Test func aUserMayHaveAHundred() async throws {
    try await EngineBench.with { bench in
      let request = WebhookRequest(url: "https://example.com/h")
      for _ in 0..<98 { _ = try await bench.book.create(request, by: bench.principal) }
      let made = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<6 {
          group.addTask { (try? await bench.book.create(request, by: bench.principal)) != nil }
        }
        return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(made == 2)
      await #expect(throws: WebhookBook.Refusal.tooMany) {
        _ = try await bench.book.create(request, by: bench.principal)
      }
    }
  }

  @Test func theCatalogueTellsHowOftenASkillMayBeTried() async throws {
    try await EngineBench.with { bench in
      let skills = [9, nil].map { attempts in
        SkillDefinition(
          name: attempts == nil ? "a.usual" : "a.patient", description: "", input: [:],
          output: [:], safety: .pure, attempts: attempts)
      }
      let store = WorkerStore(pool: bench.pool)
      try await store.announce(agents: [], skills: skills)
      let known = try await store.catalog().skills
      #expect(known["a.patient"] == skills[0] && known["a.usual"] == skills[1])
    }
  }

  @Test func aStepIsTriedAsOftenAsItsSkillSays() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID(.skill("files.read"))
      let failure = StepFailure(.transient, code: "busy", message: "", retryAfter: .zero)
      for attempt in 1...7 {
        _ = try await bench.pool.execute(
          "UPDATE steps SET state = 1 WHERE state = 0 AND job_id = \(id.uuid)")
        let step = try #require(try await bench.claimer().claim(.files, limit: 1).first)
        #expect(step.attempt == attempt)
        _ = try await bench.finisher.finish(step, .failed(failure), attempts: 7)
      }
      #expect(try await bench.ended(id).state == .failed)
    }
  }

  @Test func oldDeliveriesAreForgotten() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      for _ in 0..<2 { try await bench.end(try await bench.acceptedID()) }
      _ = try await bench.pool.execute(
        """
        UPDATE webhook_deliveries SET id = uuid_at(now() - interval '31 days')
        WHERE id = (SELECT min(id::text)::uuid FROM webhook_deliveries)
        """)
      _ = try await RetainDuty(
        pool: bench.pool, policy: RetentionPolicy(), metrics: bench.metrics
      ).run()
      #expect(try await bench.deliveries(of: hook).count == 1)
    }
  }
}

@Suite struct WebhookPayloadTests {
  private func payload(result: JSONValue) -> JSONValue {
    let at = Date(timeIntervalSince1970: 1_700_000_000)
    return WebhookPayload(
      event: .jobSucceeded, at: at,
      job: JobRecord(
        id: JobID(), target: .agent("main"), priority: .normal, state: .succeeded,
        input: "a secret wish", result: result, error: nil, lastSequence: 3, openSteps: 0,
        createdAt: at, startedAt: at, finishedAt: at)
    ).json
  }

  @Test func theJobIsToldWithoutItsInput() {
    let json = payload(result: ["text": "done"])
    #expect(json["type"] == "job.succeeded" && json["timestamp"] == "2023-11-14T22:13:20.000Z")
    #expect(json["data"]?["result"] == ["text": "done"] && json["data"]?["state"] == "succeeded")
    #expect(json["data"]?["input"] == nil && json["data"]?["result_omitted"] == nil)
  }

  @Test func aLargeResultIsLeftOut() {
    // With its quotes, the text has as many bytes as are sent, and one more.
    let most = JSONValue.string(String(repeating: "x", count: 65_534))
    #expect(payload(result: most)["data"]?["result"] == most)
    let more = payload(result: .string(String(repeating: "x", count: 65_535)))
    #expect(more["data"]?["result"] == nil && more["data"]?["result_omitted"] == true)
  }

  @Test func eachFinalStateIsAnEvent() {
    for state in JobState.allCases {
      let event = WebhookEvent(rawValue: "job.\(state.name)")
      #expect((event != nil) == state.isFinal, "\(state)")
    }
  }
}
