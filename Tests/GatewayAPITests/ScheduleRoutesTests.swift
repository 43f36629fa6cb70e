import Foundation
import Jobs
import Synchronization
import Testing

/// Schedules over HTTP.
@Suite struct ScheduleRoutesTests {
  private static let body =
    #"{"name":"report","cron":"0 7 * * *","target":"agent:main","input":"hello"}"#

  @Test func aScheduleIsMadeChangedAndDeleted() async throws {
    try await withGateway { gateway in
      let made = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      #expect(made.status == 201)
      #expect(made.json["overlap"] == "queue" && made.json["misfire"] == "once")
      #expect(made.json["time_zone"] == "UTC" && made.json["state"] == "active")
      let changed = try await gateway.json(
        "PATCH", "/api/v1/schedules/report",
        #"{"overlap":"cancel","deadline":"1h","input":"other"}"#)
      #expect(changed.json["overlap"] == "cancel" && changed.json["input"] == "other")
      #expect(changed.json["deadline_seconds"] == .number(3600))
      #expect(changed.json["cron"] == "0 7 * * *")
      let paused = try await gateway.send("POST", "/api/v1/schedules/report/pause")
      #expect(paused.json["state"] == "paused" && paused.json["next_at"] == .null)
      let ticks = try await gateway.send("GET", "/api/v1/schedules/report/ticks?count=3")
      #expect(ticks.json["items"]?.elements?.count == 3)
      let fired = try await gateway.send("POST", "/api/v1/schedules/report/fire")
      #expect(fired.status == 202 && fired.json["target"] == "agent:main")
      #expect(try await gateway.send("DELETE", "/api/v1/schedules/report").status == 204)
      let gone = try await gateway.send("GET", "/api/v1/schedules/report")
      #expect((gone.status, gone.problem) == (404, "schedule-not-found"))
    }
  }

  @Test func nullTakesTheSessionAndTheDeadlineAway() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let path = "/api/v1/schedules/report"
      let set = try await gateway.json(
        "PATCH", path, #"{"session_id":"s","deadline":"1h","max_attempts":2}"#)
      #expect(set.json["session_id"] == "s" && set.json["deadline_seconds"] == .number(3600))
      let kept = try await gateway.json("PATCH", path, #"{"priority":"low"}"#)
      #expect(kept.json["max_attempts"] == 2)
      #expect(kept.json["session_id"] == "s" && kept.json["deadline_seconds"] == .number(3600))
      let gone = try await gateway.json(
        "PATCH", path, #"{"session_id":null,"deadline":null,"max_attempts":null}"#)
      #expect(gone.json["max_attempts"] == .null)
      #expect(gone.json["session_id"] == .null && gone.json["deadline_seconds"] == .null)
    }
  }

  @Test func namesAreUniqueAndOnesOwn() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let again = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      #expect((again.status, again.problem) == (409, "schedule-name-taken"))
      for path in ["", "/ticks"] {
        let other = try await gateway.send(
          "GET", "/api/v1/schedules/report" + path, token: "bob-token")
        #expect(other.status == 404)
      }
    }
  }

  @Test func aScheduleThatIsMoreUrgentThanTheRoleAllowsIsNotFired() async throws {
    try await withGateway { gateway in
      let job = JobRequest(target: .agent("main"), input: "x", priority: .high)
      // As if it had been made while the role still allowed that.
      _ = try await gateway.service.createSchedule(
        ScheduleRequest(name: "urgent", cron: "0 7 * * *", job: job), by: InMemoryJobService.bob)
      let fired = try await gateway.send(
        "POST", "/api/v1/schedules/urgent/fire", token: "bob-token")
      #expect((fired.status, fired.problem) == (403, "priority-not-allowed"))
      #expect(gateway.service.accepted == 0)
    }
  }

  @Test func aScheduleThatCannotBeReadIsNotFiredAndSaysWhatToDo() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      gateway.service.state.withLock { state in
        state.schedules = state.schedules.map { ($0.owner, $0.record.unreadable) }
      }
      let fired = try await gateway.send("POST", "/api/v1/schedules/report/fire")
      #expect((fired.status, fired.problem) == (409, "schedule-unreadable"))
      #expect(fired.json["detail"]?.text?.contains("PATCH") == true)
      let mended = try await gateway.json(
        "PATCH", "/api/v1/schedules/report", #"{"input":"hello"}"#)
      #expect(mended.status == 200)
      #expect(try await gateway.send("POST", "/api/v1/schedules/report/fire").status == 202)
    }
  }

  @Test func badSchedulesAreNamed() async throws {
    try await withGateway { gateway in
      for (change, problem, pointer) in [
        (#""cron":"bad cron here x y""#, "invalid-cron", "/cron"),
        (#""time_zone":"Nowhere""#, "invalid-cron", "/time_zone"),
        (#""name":"a b""#, "invalid-body", "/name"),
        (#""name":"0199c0de-0000-7000-8000-000000000000""#, "invalid-body", "/name"),
        (#""misfire":"never""#, "invalid-body", "/misfire"),
        (#""overlap":1"#, "invalid-body", "/overlap"),
        (#""misfire_window":"soon""#, "invalid-body", "/misfire_window"),
        (#""deadline":"2030-01-01T00:00:00Z""#, "invalid-body", "/deadline"),
        (#""max_attempts":21"#, "invalid-body", "/max_attempts"),
        (#""target":"agent:nobody""#, "unknown-target", "/target"),
        (#""input":7"#, "invalid-input", "/input"),
        (#""run_at":"x""#, "not-supported-yet", "/run_at"),
        (#""unique_key":"x""#, "not-supported-yet", "/unique_key"),
        (#""wait_for":{"signal":"x"}"#, "not-supported-yet", "/wait_for"),
        (#""budget":1"#, "not-supported-yet", "/budget"),
        (#""misfire_window_seconds":60"#, "unknown-field", "/misfire_window_seconds"),
        (#""max_queued":0"#, "invalid-body", "/max_queued"),
        (#""timeouts":"1m""#, "invalid-body", "/timeouts"),
        (#""timeouts":{"step":"11m"}"#, "invalid-body", "/timeouts/step"),
        (#""timeouts":{"total":null}"#, "invalid-body", "/timeouts/total"),
        (#""webhook":"nobody""#, "invalid-body", "/webhook"),
      ] {
        let members = [
          "name": #""name":"report""#, "cron": #""cron":"0 7 * * *""#,
          "target": #""target":"agent:main""#, "input": #""input":"hello""#,
        ].filter { !change.hasPrefix("\"\($0.key)\"") }.values
        let body = "{" + (members + [change]).joined(separator: ",") + "}"
        let response = try await gateway.json("POST", "/api/v1/schedules", body)
        #expect((response.status, response.problem) == (422, problem), "\(change)")
        let fault = response.json["errors"]?.elements?.first
        #expect(fault?["pointer"]?.text == pointer, "\(change)")
      }
      let empty = try await gateway.json("POST", "/api/v1/schedules", "{}")
      #expect((empty.status, empty.problem) == (422, "invalid-body"))
    }
  }

  @Test func whatIsShownUnderAFieldsNameCanBeSent() async throws {
    try await withGateway { gateway in
      let hook = try await gateway.json(
        "POST", "/api/v1/webhooks", #"{"url":"https://example.com/h","name":"ops"}"#)
      let made = try await gateway.json(
        "POST", "/api/v1/schedules",
        """
        {"name":"report","cron":"0 7 * * *","target":"agent:main","input":"hello",
        "timeouts":{"queue":"1h30m","step":"90s"},"webhook":"ops","deadline":"2d","max_queued":1,
        "misfire_window":"90m"}
        """)
      #expect(made.status == 201)
      #expect(made.json["timeouts"] == ["queue": "1h30m", "step": "1m30s", "idle": .null])
      #expect(made.json["webhook"] == hook.json["id"] && made.json["webhook_id"] == hook.json["id"])
      #expect(made.json["deadline"] == "2d" && made.json["deadline_seconds"] == .number(172_800))
      #expect(made.json["misfire_window"] == "1h30m" && made.json["max_queued"] == .integer(1))
      guard case .object(var copy) = made.json else { return }
      for shown in [
        "id", "state", "paused_reason", "next_at", "last_at", "last_job", "last_outcome",
        "created_at", "misfire_window_seconds", "deadline_seconds", "webhook_id",
      ] {
        let removed = copy.removeValue(forKey: shown)
        #expect(removed != nil, "\(shown)")
      }
      copy["name"] = "copy"
      let again = try await gateway.json("POST", "/api/v1/schedules", text(.object(copy)))
      #expect(again.status == 201 && again.json["timeouts"] == made.json["timeouts"])
      #expect(again.json["webhook"] == hook.json["id"])
      copy["target"] = nil
      let changed = try await gateway.json(
        "PATCH", "/api/v1/schedules/copy", text(.object(copy)))
      #expect(changed.status == 200 && changed.json["deadline"] == "2d")
    }
  }

  private func text(_ value: JSONValue) -> String { String(decoding: value.json, as: UTF8.self) }

  @Test func timeoutsAndWebhookStayUnlessTheyAreNamed() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json(
        "POST", "/api/v1/webhooks", #"{"url":"https://example.com/h","name":"ops"}"#)
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let path = "/api/v1/schedules/report"
      _ = try await gateway.json(
        "PATCH", path, #"{"timeouts":{"queue":"1h","step":"1m"},"webhook":"ops"}"#)
      let kept = try await gateway.json("PATCH", path, #"{"timeouts":{"step":null,"idle":"5s"}}"#)
      #expect(kept.json["timeouts"] == ["queue": "1h", "step": .null, "idle": "5s"])
      #expect(kept.json["webhook"] != .null)
      let gone = try await gateway.json("PATCH", path, #"{"timeouts":null,"webhook":null}"#)
      #expect(gone.json["timeouts"] == ["queue": .null, "step": .null, "idle": .null])
      #expect(gone.json["webhook"] == .null)
    }
  }

  @Test func schedulesAreListedPageByPageWithoutTheirInputs() async throws {
    try await withGateway { gateway in
      for name in ["a", "b", "c"] {
        _ = try await gateway.json(
          "POST", "/api/v1/schedules", Self.body.replacing("report", with: name))
      }
      let first = try await gateway.send("GET", "/api/v1/schedules?limit=2")
      let shown = try #require(first.json["items"]?.elements)
      #expect(shown.count == 2 && shown.allSatisfy { $0["input"] == nil })
      let cursor = try #require(first.json["next_cursor"]?.text)
      #expect(first["link"]?.contains("/schedules?limit=2&cursor=") == true)
      let rest = try await gateway.send("GET", "/api/v1/schedules?limit=2&cursor=\(cursor)")
      let last = try #require(rest.json["items"]?.elements)
      #expect(last.count == 1 && rest.json["next_cursor"] == .null)
      #expect(Set((shown + last).compactMap { $0["name"]?.text }) == ["a", "b", "c"])
      let stranger = try await gateway.send("GET", "/api/v1/jobs?cursor=\(cursor)")
      #expect((stranger.status, stranger.problem) == (400, "invalid-cursor"))
      let tooMany = try await gateway.send("GET", "/api/v1/schedules?limit=201")
      #expect((tooMany.status, tooMany.problem) == (400, "invalid-query-parameter"))
      let whole = try await gateway.send("GET", "/api/v1/schedules/a")
      #expect(whole.json["input"] == "hello")
    }
  }

  @Test func pastTicksAreListedPageByPage() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let start = InMemoryJobService.now
      let job = JobID()
      gateway.service.state.withLock { state in
        state.ticks = [
          TickRecord(at: start, outcome: .missed, job: nil, decidedAt: start + 90),
          TickRecord(at: start + 60, outcome: .fired, job: job, decidedAt: start + 90),
        ]
      }
      let path = "/api/v1/schedules/report/history"
      let first = try await gateway.send("GET", path + "?limit=1")
      let newest = first.json["items"]?.elements?.first
      #expect(newest?["outcome"] == "fired" && newest?["job_id"]?.text == job.description)
      #expect(newest?["tick"] == "2023-11-14T22:14:22.000Z")
      #expect(newest?["decided_at"] == "2023-11-14T22:14:52.000Z")
      let cursor = try #require(first.json["next_cursor"]?.text)
      #expect(first["link"]?.contains("/schedules/report/history?limit=1&cursor=") == true)
      let rest = try await gateway.send("GET", path + "?cursor=\(cursor)")
      #expect(rest.json["items"]?.elements?.compactMap { $0["outcome"] } == ["missed"])
      #expect(rest.json["next_cursor"] == .null)
      let other = try await gateway.send("GET", path, token: "bob-token")
      #expect((other.status, other.problem) == (404, "schedule-not-found"))
    }
  }

  @Test func aKeyMakesARepeatedFireTheSameJob() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let (fire, keyed) = ("/api/v1/schedules/report/fire", [("Idempotency-Key", "k")])
      let first = try await gateway.send("POST", fire, headers: keyed)
      // What it fires may change meanwhile.
      _ = try await gateway.json("PATCH", "/api/v1/schedules/report", #"{"input":"other"}"#)
      let again = try await gateway.send("POST", fire, headers: keyed)
      #expect((first.status, first["idempotency-replayed"]) == (202, nil))
      #expect((again.status, again["idempotency-replayed"]) == (202, "true"))
      #expect(first.json["id"] == again.json["id"] && gateway.service.accepted == 1)
      _ = try await gateway.json(
        "POST", "/api/v1/schedules", Self.body.replacing("report", with: "other"))
      let other = try await gateway.send("POST", "/api/v1/schedules/other/fire", headers: keyed)
      #expect((other.status, other.problem) == (422, "idempotency-key-reused"))
    }
  }

  @Test func aScheduleKeepsItsTarget() async throws {
    try await withGateway { gateway in
      _ = try await gateway.json("POST", "/api/v1/schedules", Self.body)
      let response = try await gateway.json(
        "PATCH", "/api/v1/schedules/report", #"{"target":"agent:main"}"#)
      #expect((response.status, response.problem) == (422, "invalid-body"))
    }
  }
}

extension ScheduleRecord {
  /// The same as if the key were gone that its input was sealed with.
  fileprivate var unreadable: ScheduleRecord {
    ScheduleRecord(
      id: id, request: request, isReadable: false, isPaused: isPaused, nextAt: nextAt,
      lastAt: lastAt, lastJob: lastJob, lastOutcome: lastOutcome, createdAt: createdAt)
  }
}
