import Jobs
import Testing

@testable import openclaw

struct JobTermTests {
  private func jobs(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = ""
  ) async -> CommandRun {
    await CommandRun.of(["jobs"] + arguments + ["--url", gateway.url], input: input)
  }

  @Test func theTermsOfAJobAreSentAsTheyWereWritten() async throws {
    try await ScriptedGateway.run { gateway in
      let timed = await jobs(
        gateway, "enqueue", "agent:main", "a", "--delay", "1h30m", "--deadline", "2d",
        "--queue-timeout", "10m", "--step-timeout", "90s", "--idle-timeout", "30s",
        "--max-attempts", "1")
      let session = await jobs(
        gateway, "enqueue", "agent:main", "a", "--session", "s:1", "--unique-key", "k",
        "--unique-scope", "session", "--unique-for", "1h",
        "--deadline", "2026-11-22T13:22:09+02:00")
      let dated = await jobs(
        gateway, "enqueue", "agent:main", "a", "--run-at", "2026-11-22T13:22:09Z")
      let signalled = await jobs(
        gateway, "enqueue", "agent:main", "a", "--wait-for", "approved", "--wait-timeout", "2d",
        "--batch-id", ScriptedGateway.watched)
      #expect(timed.code == 0 && session.code == 0 && dated.code == 0 && signalled.code == 0)
      let bodies = try await gateway.requests().map { request in
        try JSONValue(json: Array((request["body"]?.text ?? "").utf8))
      }
      #expect(
        bodies == [
          [
            "target": "agent:main", "input": "a", "delay": "1h30m", "deadline": "2d",
            "timeouts": ["queue": "10m", "step": "90s", "idle": "30s"], "max_attempts": 1,
          ],
          [
            "target": "agent:main", "input": "a", "session_id": "s:1", "unique_key": "k",
            "unique_scope": "session", "unique_for": "1h", "deadline": "2026-11-22T13:22:09+02:00",
          ],
          ["target": "agent:main", "input": "a", "run_at": "2026-11-22T13:22:09Z"],
          [
            "target": "agent:main", "input": "a", "batch_id": .string(ScriptedGateway.watched),
            "wait_for": ["signal": "approved", "timeout": "2d"],
          ],
        ])
    }
  }

  @Test func termsThatDoNotGoTogetherSendNothing() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["--run-at", "2026-11-22T13:22:09Z", "--delay", "5s"], ["--delay", "soon"],
        ["--run-at", "tomorrow"], ["--deadline", "x"], ["--session", "a b"],
        ["--session", "s", "--delay", "5s"], ["--unique-for", "5s"], ["--unique-scope", "user"],
        ["--unique-key", "k", "--unique-scope", "session"], ["--unique-key", ""],
        ["--max-attempts", "0"], ["--max-attempts", "21"],
        ["--unique-key", "k", "--unique-scope", "world"], ["--step-timeout", "1"],
        ["--wait-timeout", "5s"], ["--wait-for", "a b"], ["--wait-for", "a", "--delay", "5s"],
        ["--wait-for", "a", "--session", "s"], ["--batch-id", "nightly"],
      ] {
        let run = await CommandRun.of(
          ["jobs", "enqueue", "agent:main", "a", "--url", gateway.url] + arguments)
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let batch = await jobs(gateway, "enqueue", "--batch", "-", "--delay", "5s")
      #expect(batch.code == 64)
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }

  @Test func aJobThatWasThereIsSaidOnStandardError() async throws {
    try await ScriptedGateway.run { gateway in
      let old = await jobs(
        gateway, "enqueue", "agent:main", "a", "--unique-key", "taken", "-o", "json")
      #expect(old.code == 0)
      #expect(old.error == "no new job: \(ScriptedGateway.watched) has the same unique key\n")
      let job = try old.json
      #expect(job["id"]?.text == ScriptedGateway.watched)
      let new = await jobs(gateway, "enqueue", "agent:main", "a", "--unique-key", "free")
      #expect(new.code == 0 && new.error.isEmpty)
    }
  }

  @Test func thePriorityOfAJobThatWaitsChanges() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "priority", ScriptedGateway.watched, "urgent")
      #expect(run.code == 0 && run.output.contains("urgent"))
      let request = try #require(try await gateway.requests().first)
      #expect(request["body"] == #"{"priority":"urgent"}"# && request["method"] == "POST")
      #expect(await jobs(gateway, "priority", ScriptedGateway.cancelled, "low").code == 6)
      #expect(await jobs(gateway, "priority", ScriptedGateway.watched, "now").code == 64)
    }
  }

  @Test func anEditAsksForTheTargetOnlyForItsInput() async throws {
    try await ScriptedGateway.run { gateway in
      let later = await jobs(gateway, "edit", ScriptedGateway.endless, "--delay", "2h")
      #expect(later.code == 0 && later.output.contains("scheduled"))
      _ = await jobs(gateway, "edit", ScriptedGateway.endless, "--input", "{}")
      _ = await jobs(gateway, "edit", ScriptedGateway.skill, "--input", "-", input: "[1]")
      let requests = try await gateway.requests()
      #expect(
        requests.compactMap { $0["method"]?.text } == ["PATCH", "GET", "PATCH", "GET", "PATCH"])
      #expect(
        requests.compactMap { $0["body"]?.text }.filter { !$0.isEmpty } == [
          #"{"delay":"2h"}"#, #"{"input":"{}"}"#, #"{"input":[1]}"#,
        ])
      let due = await jobs(gateway, "edit", ScriptedGateway.watched, "--delay", "2h")
      #expect(due.code == 6 && due.error.contains("running"))
      for arguments in [[], ["--json"], ["--input", "a", "--input-file", "b"]] {
        let run = await CommandRun.of(
          ["jobs", "edit", ScriptedGateway.endless, "--url", gateway.url] + arguments)
        #expect(run.code == 64, "\(arguments)")
      }
    }
  }

  @Test func whyAJobWaitsIsATextOrTheDocument() async throws {
    try await ScriptedGateway.run { gateway in
      let text = await jobs(gateway, "why", ScriptedGateway.watched)
      #expect(text.code == 0 && text.output.contains("    position  15\n"))
      #expect(text.output.contains("    estimate  about 7.5 s (14 before it, 2.0 starts/s)\n"))
      let document = try await jobs(gateway, "why", ScriptedGateway.watched, "-o", "json").json
      #expect(document["steps"]?.elements?.first?["cause"] == "queue")
      #expect(await jobs(gateway, "why", ScriptedGateway.missing).code == 3)
    }
  }

  @Test func aTreeIsIndentedAndAsLinesItsJobs() async throws {
    try await ScriptedGateway.run { gateway in
      let tree = await jobs(gateway, "tree", ScriptedGateway.endless)
      #expect(tree.code == 0)
      #expect(
        tree.output == """
          0199c0de-0000-7000-8000-000000000001        waiting    agent:main
          ├─ 0199c0de-0000-7000-8000-000000000002     failed     agent:coder  boom: a\\nb
          │  └─ 0199c0de-0000-7000-8000-000000000009  succeeded  skill:files.read
          └─ 0199c0de-0000-7000-8000-000000000004     running    agent:main

          """)
      let lines = await jobs(gateway, "tree", ScriptedGateway.endless, "-o", "jsonl").output
      #expect(lines.split(separator: "\n").count == 4)
    }
  }

  @Test func cancellingATreeWaitsForAllOfIt() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "cancel", ScriptedGateway.endless, "--tree")
      #expect(run.code == 0)
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      #expect(paths.first?.hasSuffix("/cancel?scope=tree") == true)
      #expect(paths.contains { $0.hasSuffix("\(ScriptedGateway.watched)?wait=60") })
      let alone = await jobs(gateway, "cancel", ScriptedGateway.endless, "--no-wait")
      let last = try await gateway.requests().last?["path"]?.text
      #expect(alone.code == 0 && last?.hasSuffix("/cancel") == true)
    }
  }
}
