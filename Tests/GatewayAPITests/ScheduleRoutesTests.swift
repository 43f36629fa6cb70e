import Jobs
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
      let set = try await gateway.json("PATCH", path, #"{"session_id":"s","deadline":"1h"}"#)
      #expect(set.json["session_id"] == "s" && set.json["deadline_seconds"] == .number(3600))
      let kept = try await gateway.json("PATCH", path, #"{"priority":"low"}"#)
      #expect(kept.json["session_id"] == "s" && kept.json["deadline_seconds"] == .number(3600))
      let gone = try await gateway.json("PATCH", path, #"{"session_id":null,"deadline":null}"#)
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
        (#""target":"agent:nobody""#, "unknown-target", "/target"),
        (#""input":7"#, "invalid-input", "/input"),
        (#""run_at":"x""#, "unknown-field", "/run_at"),
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
