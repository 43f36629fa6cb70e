import Foundation
import Jobs
import Testing

@testable import openclaw

struct WatchTests {
  private func watch(
    _ gateway: ScriptedGateway, _ id: String, _ more: String..., isTerminal: Bool = false
  ) async -> CommandRun {
    await CommandRun.of(
      ["jobs", "watch", id, "--url", gateway.url] + more, isTerminal: isTerminal)
  }

  @Test func onAPipeAJobIsLinesAndItsResult() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await watch(gateway, ScriptedGateway.watched)
      #expect(run.code == 0 && run.error.isEmpty)
      #expect(
        run.output == """
          13:10:01  job: queued
          13:10:02  job: running
          13:10:03    agent_turn main: done
          13:10:03  job: waiting
          13:10:04    skill_call files.read: done
          13:10:05    agent_turn main: done
          13:10:05  job: succeeded
          all \u{1B}]0;x\u{7}done

          """)
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      let job = "/api/v1/jobs/\(ScriptedGateway.watched)"
      #expect(paths == [job, "\(job)/events", job])
    }
  }

  @Test func onATerminalTheStepsStayAndTheTextMakesRoomForTheResult() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await watch(gateway, ScriptedGateway.watched, isTerminal: true)
      #expect(run.code == 0)
      #expect(run.output.hasPrefix("\u{1B}[?25l") && run.output.contains("\u{1B}[?25h"))
      #expect(run.output.contains("skill_call ") && run.output.contains("“I read it.”"))
      #expect(run.output.contains("succeeded") && run.output.contains(" in 4.0 s"))
      #expect(run.output.hasSuffix("\nall \\u{1b}]0;x\\u{7}done\n"))
    }
  }

  @Test func asLinesOfJSONTheLastOneIsTheJob() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await watch(gateway, ScriptedGateway.watched, "-o", "jsonl")
      let lines = try run.output.split(separator: "\n").map { try JSONValue(json: Array($0.utf8)) }
      #expect(lines.count == 8)
      #expect(lines.first?["type"] == "job.queued" && lines.first?["specversion"] == "1.0")
      #expect(lines.last?["state"] == "succeeded" && lines.last?["last_seq"] == 9)
    }
  }

  @Test func theExitCodeTellsHowTheJobEnded() async throws {
    try await ScriptedGateway.run { gateway in
      let failed = await watch(gateway, ScriptedGateway.failing)
      #expect(failed.code == 1)
      #expect(failed.error.contains("failed: file_not_found: no \\u{1b}[31mfile"))
      #expect(await watch(gateway, ScriptedGateway.cancelled).code == 2)
      #expect(await watch(gateway, ScriptedGateway.missing).code == 3)
      #expect(await watch(gateway, ScriptedGateway.endless, "--timeout", "1").code == 5)
      let down = await watch(gateway, ScriptedGateway.down)
      #expect(down.code == 69 && down.pauses.count == RetryPolicy.maximumAttempts - 1)
      let stranger = await CommandRun.of(
        ["jobs", "watch", ScriptedGateway.watched, "--url", gateway.url],
        environment: ["OPENCLAW_TOKEN": "bad"])
      #expect(stranger.code == 4 && stranger.error.contains("--token-file"))
    }
  }

  @Test func anInterruptionEndsTheWait() async throws {
    try await ScriptedGateway.run { gateway in
      let (interruptions, interrupt) = AsyncStream.makeStream(of: Void.self)
      async let run = CommandRun.of(
        ["jobs", "watch", ScriptedGateway.hanging, "--url", gateway.url, "-o", "json"],
        interruptions: interruptions)
      try await gateway.waitForHanging()
      interrupt.yield()
      let ended = await run
      #expect(ended.code == 130)
      #expect(try ended.json["error"]?["type"] == "interrupted")
    }
  }

  @Test func showPrintsTheJobAndItsSteps() async throws {
    try await ScriptedGateway.run { gateway in
      let arguments = ["jobs", "show", ScriptedGateway.endless, "--url", gateway.url]
      let table = await CommandRun.of(arguments)
      #expect(table.code == 0)
      #expect(table.output.contains("state     running\n"))
      #expect(
        table.output.contains("0     agent_turn  main  running  1      2026-11-22 13:10:02\n"))
      let document = try await CommandRun.of(arguments + ["-o", "json"]).json
      #expect(document["steps"]?.elements?.count == 1 && document["state"] == "running")
      let failed = await CommandRun.of(
        ["jobs", "show", ScriptedGateway.failing, "--url", gateway.url, "-o", "yaml"])
      #expect(failed.code == 0 && failed.output.contains("error:\n  class: bad_input\n"))
    }
  }

  @Test func aJobIsShownWithItsTermsAndTheStepsOfAllPages() async throws {
    try await ScriptedGateway.run { gateway in
      let table = await CommandRun.of(
        ["jobs", "show", ScriptedGateway.slow, "--url", gateway.url])
      for line in [
        "unique    k (counts per target for 1d)", "waits for signal go, 2h",
        "limits    queue 10m, step 1m30s, 2 attempts", "0     agent_turn  main  done",
        "1     agent_turn  main  running",
      ] {
        #expect(table.output.contains(line), "\(table.output)")
      }
      let steps = try await gateway.requests().compactMap { $0["path"]?.text }.suffix(2)
      let path = "/api/v1/jobs/\(ScriptedGateway.slow)/steps"
      #expect(Array(steps) == [path, path + "?cursor=c%3D"])
    }
  }

  @Test func theListTakesTimesAndHowLongAgo() async throws {
    try await ScriptedGateway.run { gateway in
      let old = ScriptedGateway.failing
      let run = await CommandRun.of(
        ["jobs", "list", "--url", gateway.url, "--session", "s:1", "--unique-key", "a b"]
          + ["--priority", "low", "--retry-of", old, "--since", "2h", "--deliveries"]
          + ["--until", "2026-11-22T13:22:09+02:00"])
      #expect(run.code == 0)
      let path = try #require(try await gateway.requests().first?["path"]?.text)
      let parts = path.split(separator: "?").last?.split(separator: "&").map(String.init) ?? []
      for part in [
        "session_id=s%3A1", "unique_key=a%20b", "priority=low", "retry_of=\(old)",
        "created_before=2026-11-22T13%3A22%3A09%2B02%3A00", "deliveries=true",
      ] {
        #expect(parts.contains(part), "\(path)")
      }
      let since = try #require(parts.first { $0.hasPrefix("created_after=") })
      let time = since.dropFirst(14).replacing("%3A", with: ":")
      let age = try #require(date(ofTimestamp: String(time))).timeIntervalSinceNow
      #expect((-7260 ... -7200).contains(age))
      let bad = await CommandRun.of(["jobs", "list", "--url", gateway.url, "--since", "yesterday"])
      #expect(bad.code == 64)
    }
  }

  @Test func theListMapsItsOptionsAndSaysWhereItGoesOn() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await CommandRun.of(
        ["jobs", "list", "--url", gateway.url + "/"]
          + ["--state", "queued", "--state", "failed", "--target", "agent:main"]
          + ["--limit", "7", "--cursor", "a+b="])
      #expect(run.code == 0 && run.error == "more: --cursor next=\n")
      #expect(run.output.split(separator: "\n").count == 3)
      #expect(run.output.contains("boom: a\\nb\n"))
      let path = try await gateway.requests().first?["path"]?.text
      #expect(
        path
          == "/api/v1/jobs?state=queued%2Cfailed&target=agent%3Amain&limit=7&cursor=a%2Bb%3D")
      let lines = await CommandRun.of(["jobs", "list", "--url", gateway.url, "-o", "jsonl"])
      #expect(lines.output.split(separator: "\n").count == 2)
    }
  }
}
