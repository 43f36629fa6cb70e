import Jobs
import Testing

/// Webhooks over HTTP.
@Suite struct WebhookRoutesTests {
  private static let path = "/api/v1/webhooks"

  private func made(_ gateway: TestGateway, _ body: String) async throws -> RawResponse {
    try await gateway.json("POST", Self.path, body)
  }

  @Test func aWebhookIsMadeShownChangedAndDeleted() async throws {
    try await withGateway { gateway in
      let made = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      #expect(made.status == 201 && made.json["secret"] == "whsec_first")
      let id = try #require(made.json["id"]?.text)
      #expect(made["location"] == "\(Self.path)/\(id)")
      #expect(made.json["events"]?.elements?.count == 5 && made.json["all_jobs"] == true)
      #expect(made.json["state"] == "active" && made.json["disabled_reason"] == .null)
      let shown = try await gateway.send("GET", "\(Self.path)/ops")
      #expect(shown.json["url"] == "https://example.com/h" && shown.json["secret"] == nil)
      let changed = try await gateway.json(
        "PATCH", "\(Self.path)/\(id)",
        #"{"events":["job.failed"],"all_jobs":false,"disabled":true,"name":null}"#)
      #expect(changed.json["events"] == ["job.failed"] && changed.json["all_jobs"] == false)
      #expect(changed.json["state"] == "disabled" && changed.json["name"] == .null)
      #expect(changed.json["disabled_reason"] == "by_user")
      let enabled = try await gateway.json("PATCH", "\(Self.path)/\(id)", #"{"disabled":false}"#)
      #expect(enabled.json["state"] == "active" && enabled.json["disabled_reason"] == .null)
      #expect(enabled.json["events"] == ["job.failed"])
      #expect(try await gateway.send("DELETE", "\(Self.path)/\(id)").status == 204)
      let gone = try await gateway.send("GET", "\(Self.path)/\(id)")
      #expect((gone.status, gone.problem) == (404, "webhook-not-found"))
      #expect(try await gateway.send("GET", Self.path).json["items"] == [])
    }
  }

  @Test func aRotationTellsTheNewSecretAndUntilWhenTheOldOneSigns() async throws {
    try await withGateway { gateway in
      _ = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      let rotated = try await gateway.json("POST", "\(Self.path)/ops/rotate", "{}")
      #expect(rotated.status == 200 && rotated.json["secret"] == "whsec_second")
      #expect(rotated.json["old_secret_expires_at"] == "2023-11-15T22:13:20.000Z")
      let atOnce = try await gateway.json(
        "POST", "\(Self.path)/ops/rotate", #"{"keep_old_for":"0s"}"#)
      #expect(atOnce.json["old_secret_expires_at"] == .null)
      for bad in [#""31d""#, #""soon""#, "1"] {
        let response = try await gateway.json(
          "POST", "\(Self.path)/ops/rotate", #"{"keep_old_for":\#(bad)}"#)
        #expect((response.status, response.problem) == (422, "invalid-body"), "\(bad)")
      }
    }
  }

  @Test func badWebhooksAreNamed() async throws {
    try await withGateway { gateway in
      for (change, problem, pointer) in [
        (#""url":"http://example.com""#, "invalid-body", "/url"),
        (#""url":1"#, "invalid-body", "/url"), (#""url":"""#, "invalid-body", "/url"),
        (#""name":"a b""#, "invalid-body", "/name"),
        (#""name":"0199c0de-0000-7000-8000-000000000000""#, "invalid-body", "/name"),
        (#""name":".""#, "invalid-body", "/name"), (#""name":"..""#, "invalid-body", "/name"),
        (#""all_jobs":false,"events":["batch.completed"]"#, "invalid-body", "/events"),
        (#""events":[]"#, "invalid-body", "/events"),
        (#""events":["job.queued"]"#, "invalid-body", "/events"),
        (#""all_jobs":"yes""#, "invalid-body", "/all_jobs"),
        (#""disabled":true"#, "invalid-body", "/disabled"),
        (#""secret":"whsec_x""#, "unknown-field", "/secret"),
      ] {
        let url = change.hasPrefix(#""url""#) ? "" : #""url":"https://example.com","#
        let response = try await made(gateway, "{\(url)\(change)}")
        #expect((response.status, response.problem) == (422, problem), "\(change)")
        let fault = response.json["errors"]?.elements?.first
        #expect(fault?["pointer"]?.text == pointer, "\(change)")
      }
      let empty = try await made(gateway, "{}")
      #expect((empty.status, empty.problem) == (422, "invalid-body"))
    }
  }

  @Test func namesAreUniqueAndOnesOwnAndThereAreAHundredAtMost() async throws {
    try await withGateway { gateway in
      _ = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      let again = try await made(gateway, #"{"url":"https://example.com/i","name":"ops"}"#)
      #expect((again.status, again.problem) == (409, "webhook-name-taken"))
      for path in ["", "/deliveries"] {
        let other = try await gateway.send(
          "GET", "\(Self.path)/ops" + path, token: "bob-token")
        #expect((other.status, other.problem) == (404, "webhook-not-found"))
      }
      for _ in 1..<100 { _ = try await made(gateway, #"{"url":"https://example.com/h"}"#) }
      let tooMany = try await made(gateway, #"{"url":"https://example.com/h"}"#)
      #expect((tooMany.status, tooMany.problem) == (409, "too-many-webhooks"))
    }
  }

  @Test func deliveriesAreListedPageByPageAndSentAgain() async throws {
    try await withGateway { gateway in
      _ = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      let told = (0..<3).map { _ in DeliveryRecord.failing() }
      gateway.service.tell("ops", told)
      let first = try await gateway.send("GET", "\(Self.path)/ops/deliveries?limit=2")
      let newest = first.json["items"]?.elements?.first
      #expect(first.json["items"]?.elements?.count == 2)
      #expect(newest?["id"]?.text == told.map(\.id).max()?.description)
      #expect(newest?["state"] == "pending" && newest?["last_status"] == .integer(500))
      #expect(newest?["next_attempt_at"] == "2023-11-14T22:18:20.000Z")
      let cursor = try #require(first.json["next_cursor"]?.text)
      #expect(first["link"]?.contains("/webhooks/ops/deliveries?limit=2&cursor=") == true)
      let rest = try await gateway.send("GET", "\(Self.path)/ops/deliveries?cursor=\(cursor)")
      #expect(rest.json["items"]?.elements?.count == 1 && rest.json["next_cursor"] == .null)
      let stranger = try await gateway.send("GET", "/api/v1/jobs?cursor=\(cursor)")
      #expect((stranger.status, stranger.problem) == (400, "invalid-cursor"))
      let replayed = try await gateway.send(
        "POST", "\(Self.path)/ops/deliveries/\(told[0].id)/replay")
      #expect(replayed.status == 202 && replayed.json["id"]?.text == told[0].id.description)
      _ = try await gateway.json("PATCH", "\(Self.path)/ops", #"{"disabled":true}"#)
      let disabled = try await gateway.send(
        "POST", "\(Self.path)/ops/deliveries/\(told[0].id)/replay")
      #expect((disabled.status, disabled.problem) == (409, "webhook-disabled"))
      for id in [DeliveryID().description, "x"] {
        let none = try await gateway.send("POST", "\(Self.path)/ops/deliveries/\(id)/replay")
        #expect((none.status, none.problem) == (404, "delivery-not-found"))
      }
    }
  }

  @Test func aJobNamesAWebhookOfItsUser() async throws {
    try await withGateway { gateway in
      let made = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      let id = try #require(made.json["id"]?.text)
      for name in ["ops", id] {
        let job = #"{"target":"agent:main","input":"x","webhook":"\#(name)"}"#
        #expect(try await gateway.post(job).status == 202)
        let batch = try await gateway.json("POST", "/api/v1/jobs/batch", "[\(job)]")
        #expect(batch.json["accepted"] == .integer(1))
        let other = try await gateway.post(job, token: "bob-token")
        #expect((other.status, other.problem) == (422, "invalid-body"))
        #expect(other.json["errors"]?.elements?.first?["pointer"] == "/webhook")
      }
    }
  }

  @Test func aKeyStandsForItsJobWhateverBecameOfTheWebhook() async throws {
    try await withGateway { gateway in
      _ = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      let job = #"{"target":"agent:main","input":"x","webhook":"ops"}"#
      let item = #"{"target":"agent:main","input":"x","webhook":"ops","idempotency_key":"b"}"#
      let keyed = [("Idempotency-Key", "k")]
      let first = try await gateway.post(job, headers: keyed)
      let batch = try await gateway.json("POST", "/api/v1/jobs/batch", "[\(item)]")
      _ = try await gateway.json("PATCH", "\(Self.path)/ops", #"{"name":"renamed"}"#)
      let again = try await gateway.post(job, headers: keyed)
      #expect((again.status, again["idempotency-replayed"]) == (202, "true"))
      #expect(again.json["id"] == first.json["id"])
      let batchAgain = try await gateway.json("POST", "/api/v1/jobs/batch", "[\(item)]")
      #expect(batch.json["accepted"] == .integer(1) && batchAgain.json["accepted"] == .integer(1))
      let other = try await gateway.post(
        #"{"target":"agent:main","input":"x","webhook":"renamed"}"#, headers: keyed)
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
      let new = try await gateway.post(job, headers: [("Idempotency-Key", "new")])
      #expect((new.status, new.problem) == (422, "invalid-body"))
      #expect(new.json["errors"]?.elements?.first?["pointer"] == "/webhook")
      let newItem = try await gateway.json(
        "POST", "/api/v1/jobs/batch", "[\(item.replacing(#""b""#, with: #""new""#))]")
      #expect(newItem.json["rejected"] == .integer(1))
      #expect("\(newItem.json)".contains("/0/webhook"))
    }
  }

  @Test func whatTellsASecretTakesNoIdempotencyKey() async throws {
    try await withGateway { gateway in
      _ = try await made(gateway, #"{"url":"https://example.com/h","name":"ops"}"#)
      for path in ["", "/ops/rotate"] {
        let response = try await gateway.json(
          "POST", Self.path + path, #"{"url":"https://example.com/h"}"#,
          headers: [("Idempotency-Key", "k")])
        #expect((response.status, response.problem) == (422, "not-supported-yet"))
      }
      #expect(try await gateway.send("GET", Self.path).json["items"]?.elements?.count == 1)
    }
  }

  @Test func nobodyMayAskForADelivery() async throws {
    try await withGateway { gateway in
      let response = try await gateway.post(
        #"{"target":"skill:webhooks.deliver","input":{"delivery":"x"}}"#)
      #expect((response.status, response.problem) == (403, "target-not-allowed"))
    }
  }
}
