import Jobs
import Testing

@testable import openclaw

struct ScheduleTests {
  private func schedules(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = ""
  ) async -> CommandRun {
    await CommandRun.of(["schedules"] + arguments + ["--url", gateway.url], input: input)
  }

  @Test func aScheduleIsMadeOfWhatWasSaid() async throws {
    try await ScriptedGateway.run { gateway in
      let made = await schedules(
        gateway, "create", "clock", "skill:system.clock", "--cron", "*/5 * * * *",
        "--time-zone", "Europe/Berlin", "--misfire", "skip", "--misfire-window", "1h",
        "--overlap", "cancel", "--priority", "low", "--session", "s", "--deadline", "10m",
        "--max-queued", "3", "--queue-timeout", "1h", "--step-timeout", "5m", "--webhook", "ops",
        "--max-attempts", "4")
      #expect(made.code == 0 && made.output.contains("clock  active  */5 * * * *  Europe/Berlin"))
      let body = try await gateway.requests().first?["body"]?.text ?? ""
      let request = try JSONValue(json: Array(body.utf8))
      #expect(
        request == [
          "name": "clock", "target": "skill:system.clock", "input": .object([:]),
          "cron": "*/5 * * * *", "time_zone": "Europe/Berlin", "misfire": "skip",
          "misfire_window": "1h", "overlap": "cancel", "priority": "low", "session_id": "s",
          "deadline": "10m", "max_queued": .integer(3), "max_attempts": .integer(4),
          "webhook": "ops",
          "timeouts": ["queue": "1h", "step": "5m"],
        ])
      let taken = await schedules(
        gateway, "create", "digest", "agent:main", "-", "--cron", "0 7 * * *", input: "Sum up")
      #expect(taken.code == 6 && taken.pauses.isEmpty)
    }
  }

  @Test func schedulesAreListedAndShown() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await schedules(gateway, "list")
      #expect(list.code == 0)
      #expect(list.output.contains("digest  active  0 7 * * 1-5  UTC   agent:main  in "))
      #expect(list.output.hasSuffix("2026-11-22 13:10:01  fired\n"))
      let shown = await schedules(gateway, "show", "digest")
      #expect(shown.code == 0 && shown.output.hasPrefix("name      digest\n"))
      #expect(shown.output.contains("window    1 h 0 min\n"))
      #expect(shown.output.contains("queued    at most 100\ndeadline  10 min 0 s\n"))
      #expect(shown.output.contains("timeouts  queue 1h, idle 5s\n"))
      #expect(shown.output.hasSuffix("input     Sum up\\u{1b}[2J\n"))
      let yaml = await schedules(gateway, "list", "-o", "yaml")
      #expect(yaml.output.hasPrefix("items:\n  - created_at:"))
      let none = await schedules(gateway, "show", "no such/one", "-o", "json")
      #expect(none.code == 3)
      let path = try await gateway.requests().last?["path"]
      #expect(path == "/api/v1/schedules/no%20such%2Fone")
    }
  }

  @Test func allPagesAreListedByName() async throws {
    try await ScriptedGateway.run { gateway in
      for name in ["b", "a", "z"] {
        _ = await schedules(gateway, "create", name, "agent:main", "x", "--cron", "0 7 * * *")
      }
      let list = await schedules(gateway, "list")
      let names = list.output.split(separator: "\n").dropFirst()
        .compactMap { $0.split(separator: " ").first }
      #expect(list.code == 0 && names == ["a", "b", "digest", "z"])
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }.suffix(4)
      #expect(paths.first == "/api/v1/schedules?limit=200")
      #expect(paths.last == "/api/v1/schedules?limit=200&cursor=3")
    }
  }

  @Test func thePastComesPageByPage() async throws {
    try await ScriptedGateway.run { gateway in
      let past = await schedules(gateway, "history", "digest", "--limit", "2")
      #expect(past.code == 0 && past.error == "more: --cursor next=\n")
      let rows = past.output.split(separator: "\n")
      #expect(rows.count == 3 && rows[0].hasPrefix("TICK"))
      #expect(
        rows[1].hasPrefix("2026-11-22 13:10:02  fired    2026-11-22 13:10:03  0199c0de-"))
      #expect(rows[2].hasPrefix("2026-11-22 13:10:01  missed   2026-11-22 13:10:03  –"))
      let path = try await gateway.requests().first?["path"]
      #expect(path == "/api/v1/schedules/digest/history?limit=2")
    }
  }

  @Test func anEditTakesTimeoutsAndWebhookAway() async throws {
    try await ScriptedGateway.run { gateway in
      _ = await schedules(gateway, "edit", "digest", "--no-timeouts", "--no-webhook")
      _ = await schedules(gateway, "edit", "digest", "--idle-timeout", "9s")
      let bodies = try await gateway.requests().compactMap { $0["body"]?.text }
      #expect(bodies == [#"{"timeouts":null,"webhook":null}"#, #"{"timeouts":{"idle":"9s"}}"#])
    }
  }

  @Test func anEditSendsOnlyWhatChanges() async throws {
    try await ScriptedGateway.run { gateway in
      let later = await schedules(
        gateway, "edit", "digest", "--cron", "30 6 * * *", "--priority", "low")
      #expect(later.code == 0 && later.output.contains("30 6 * * *"))
      _ = await schedules(gateway, "edit", "digest", "--input", "7")
      _ = await schedules(
        gateway, "edit", "digest", "--input", #"{"path": "a"}"#, "--json")
      let requests = try await gateway.requests()
      #expect(
        requests.compactMap { $0["method"]?.text } == ["PATCH", "GET", "PATCH", "GET", "PATCH"])
      #expect(
        requests.compactMap { $0["body"]?.text }.filter { !$0.isEmpty } == [
          #"{"cron":"30 6 * * *","priority":"low"}"#, #"{"input":"7"}"#,
          #"{"input":{"path":"a"}}"#,
        ])
    }
  }

  @Test func aScheduleIsPausedResumedFiredAndDeleted() async throws {
    try await ScriptedGateway.run { gateway in
      let paused = await schedules(gateway, "pause", "digest")
      #expect(paused.code == 0 && paused.output.contains("digest  paused"))
      #expect(paused.output.contains("agent:main  –"))
      #expect(await schedules(gateway, "resume", "digest").output.contains("digest  active"))
      let fired = await schedules(gateway, "fire", "digest", "-o", "json")
      #expect(fired.code == 0)
      let job = try fired.json
      #expect(job["id"]?.text == ScriptedGateway.watched)
      let key = try await gateway.requests().last?["headers"]?["idempotency-key"]?.text
      #expect(key?.hasPrefix("cli-") == true)
      _ = await schedules(gateway, "fire", "digest", "--idempotency-key", "mine")
      let own = try await gateway.requests().last?["headers"]?["idempotency-key"]
      #expect(own == "mine")
      let followed = await schedules(gateway, "fire", "digest", "--follow")
      #expect(followed.code == 0 && followed.output == "all \u{1B}]0;x\u{7}done\n")
      let deleted = await schedules(gateway, "delete", "digest", "-o", "json")
      let document = try deleted.json
      #expect(document == ["schedule": "digest", "deleted": true])
      #expect(await schedules(gateway, "delete", "digest").code == 3)
    }
  }

  @Test func theNextTimesComeWithHowFarTheyAre() async throws {
    try await ScriptedGateway.run { gateway in
      let ticks = await schedules(gateway, "ticks", "digest", "--count", "3")
      let rows = ticks.output.split(separator: "\n")
      #expect(ticks.code == 0 && rows.count == 4)
      #expect(rows.last?.hasPrefix("2099-11-22 13:10:00  in ") == true)
      let path = try await gateway.requests().first?["path"]
      #expect(path == "/api/v1/schedules/digest/ticks?count=3")
      let lines = await schedules(gateway, "ticks", "digest", "--count", "2", "-o", "jsonl")
      #expect(lines.output == "\"2099-11-22T13:10:00.000Z\"\n\"2099-11-22T13:10:00.000Z\"\n")
    }
  }

  @Test func aWrongCommandLineSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["create", "a", "agent:main", "b"], ["create", "a", "nobody", "b", "--cron", "* * * * *"],
        ["create", "a", "agent:main", "--cron", "* * * * *"],
        ["create", "a", "agent:main", "b", "--cron", "* * * * *", "--overlap", "maybe"],
        ["create", "a", "agent:main", "b", "--cron", "* * * * *", "--misfire-window", "1"],
        ["edit", "digest"], ["edit", "digest", "--target", "agent:coder"],
        ["create", "a", "agent:main", "b", "--cron", "* * * * *", "--input-file", "c"],
        ["ticks", "digest", "--count", "101"], ["show", ""], ["history", "digest", "--limit", "0"],
        ["edit", "digest", "--max-queued", "0"], ["fire", "digest", "--idempotency-key", ""],
        ["edit", "digest", "--no-timeouts", "--step-timeout", "5s"],
      ] {
        let run = await CommandRun.of(["schedules"] + arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }
}
