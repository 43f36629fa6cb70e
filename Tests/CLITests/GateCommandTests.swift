import Jobs
import Testing

@testable import openclaw

struct GateCommandTests {
  private func run(_ gateway: ScriptedGateway, _ arguments: String...) async -> CommandRun {
    await CommandRun.of(arguments + ["--url", gateway.url])
  }

  @Test func aQueueIsPausedWithAReasonAndGoesOn() async throws {
    try await ScriptedGateway.run { gateway in
      let paused = await run(
        gateway, "queues", "pause", "agent.main.low", "--reason", "backup", "--for", "30m")
      #expect(paused.code == 0 && paused.error.isEmpty)
      #expect(paused.output.hasPrefix("KEY ") && paused.output.contains("lane:agent.main.low"))
      #expect(paused.output.contains("  in ") && paused.output.hasSuffix("3     backup\n"))
      let request = try #require(try await gateway.requests().first)
      #expect(request["path"] == "/api/v1/queues/agent.main.low/pause")
      #expect(request["body"] == #"{"for":"30m","reason":"backup"}"#)
      let resumed = await run(gateway, "queues", "resume", "agent.main.low")
      #expect(resumed.code == 0 && resumed.output == "lane:agent.main.low goes on\n")
      let again = await run(gateway, "queues", "resume", "agent.main.low", "-o", "json")
      #expect(again.code == 3)
      let error = try again.json["error"]
      #expect(error?["type"] == "gate_not_found")
      #expect(await run(gateway, "queues", "pause", "agent.none", "--reason", "x").code == 3)
    }
  }

  @Test func pausesAreListedSetAndLifted() async throws {
    try await ScriptedGateway.run { gateway in
      let none = await run(gateway, "pauses", "list")
      #expect(none.code == 0 && none.output == "nothing is paused\n")
      let set = await run(
        gateway, "pauses", "set", "agent:main", "--reason", "outage", "-o", "yaml")
      #expect(set.code == 0 && set.output.contains("until: null\n"))
      let list = await run(gateway, "pauses", "list")
      #expect(list.output.contains("agent:main  alice  2026-11-22 13:10:01  –     3     outage\n"))
      let lifted = await run(gateway, "pauses", "lift", "agent:main", "-o", "json")
      let document = try lifted.json
      #expect(document == ["key": "agent:main", "resumed": true])
      let calls = try await gateway.requests().map {
        "\($0["method"]?.text ?? "") \($0["path"]?.text ?? "")"
      }
      #expect(
        calls == [
          "GET /api/v1/pauses", "PUT /api/v1/pauses/agent:main", "GET /api/v1/pauses",
          "DELETE /api/v1/pauses/agent:main",
        ])
      #expect(await run(gateway, "pauses", "lift", "agent:main").code == 3)
    }
  }

  @Test func limitsAreListedSetAndLifted() async throws {
    try await ScriptedGateway.run { gateway in
      let set = await run(gateway, "limits", "set", "user:*", "8")
      #expect(
        set.code == 0
          && set.output == "KEY     MAXIMUM  RUNNING  HELD\nuser:*  8        4        2\n")
      let request = try #require(try await gateway.requests().first)
      #expect(request["path"] == "/api/v1/limits/user:*" && request["body"] == #"{"maximum":8}"#)
      let lines = await run(gateway, "limits", "list", "-o", "jsonl")
      #expect(lines.output.split(separator: "\n").count == 2)
      let lifted = await run(gateway, "limits", "lift", "user:*")
      #expect(lifted.code == 0 && lifted.output.contains("user:*"))
      #expect(await run(gateway, "limits", "lift", "user:*").code == 3)
    }
  }

  @Test func whatIsGoneAfterALostAnswerIsDone() async throws {
    try await ScriptedGateway.run { gateway in
      _ = await run(gateway, "limits", "set", "agent:lost", "8")
      let limit = await run(gateway, "limits", "lift", "agent:lost", "-o", "json")
      let lifted = try limit.json
      #expect(limit.code == 0)
      #expect(lifted == ["key": "agent:lost", "lifted": true])
      _ = await run(gateway, "pauses", "set", "agent:lost", "--reason", "x")
      let pause = await run(gateway, "pauses", "lift", "agent:lost", "-o", "json")
      let ended = try pause.json
      #expect(pause.code == 0)
      #expect(ended == ["key": "agent:lost", "resumed": true])
      _ = await run(gateway, "queues", "pause", "agent.lost", "--reason", "x")
      let queue = await run(gateway, "queues", "resume", "agent.lost")
      #expect(queue.code == 0 && queue.output == "agent.lost goes on\n")
      #expect(await run(gateway, "queues", "resume", "agent.lost").code == 3)
      _ = await run(
        gateway, "schedules", "create", "lost", "agent:main", "a", "--cron", "0 7 * * *")
      #expect(await run(gateway, "schedules", "delete", "lost").code == 0)
      _ = await run(gateway, "webhooks", "create", "https://example.com/h", "--name", "lost")
      #expect(await run(gateway, "webhooks", "delete", "lost").code == 0)
      #expect(await run(gateway, "webhooks", "delete", "lost").code == 3)
    }
  }

  @Test func aPauseNeedsNoReason() async throws {
    try await ScriptedGateway.run { gateway in
      #expect(await run(gateway, "queues", "pause", "agent.main").code == 0)
      #expect(await run(gateway, "pauses", "set", "agent:main", "--for", "5m").code == 0)
      let sent = try await gateway.requests().compactMap { $0["body"]?.text }
      #expect(sent == ["{}", #"{"for":"5m"}"#])
      let shown = await run(gateway, "queues", "show", "agent.main")
      #expect(shown.code == 0 && shown.output.hasPrefix("pool         agent.main\n"))
      #expect(shown.output.contains("paused       pool:agent.main by alice\n"))
      #expect(shown.output.contains("until        somebody resumes it\n"))
      #expect(shown.output.contains("\nagent.main.low "))
      let list = await run(gateway, "queues", "list")
      #expect(list.output.contains("PAUSED") && list.output.contains("yes"))
      let pools = await run(gateway, "pools", "list")
      #expect(pools.output.contains("yes     yes      agent:main"))
    }
  }

  @Test func whatTheGatewayDoesNotKnowIsForced() async throws {
    try await ScriptedGateway.run { gateway in
      let refused = await run(gateway, "limits", "set", "provider:open_ai", "3")
      #expect(refused.code == 1 && refused.error.contains("Is it provider:openai?"))
      #expect(await run(gateway, "limits", "set", "provider:open_ai", "3", "--force").code == 0)
      #expect(
        await run(gateway, "pauses", "set", "agent:late", "--force", "--reason", "x").code == 0)
      let sent = try await gateway.requests().dropFirst().compactMap { $0["body"]?.text }
      #expect(sent == [#"{"force":true,"maximum":3}"#, #"{"force":true,"reason":"x"}"#])
    }
  }

  @Test func whatCannotBePausedOrLimitedSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["pauses", "set", "user:*", "--reason", "x"],
        ["pauses", "set", "agent", "--reason", "x"],
        ["pauses", "set", "agent:main", "--reason", " "],
        ["pauses", "set", "agent:main", "--reason", "x", "--for", "soon"],
        ["limits", "set", "pool:agent.main", "3"],
        ["limits", "set", "agent:main", "100001"], ["limits", "set", "agent:main"],
        ["limits", "lift", "nobody"],
      ] {
        let run = await CommandRun.of(arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }
}
