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
