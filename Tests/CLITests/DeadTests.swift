import Jobs
import Testing

@testable import openclaw

struct DeadTests {
  private static let step = "0199c0de-0000-7000-8000-00000000dd"

  private func dead(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = "", answer: String? = nil
  ) async -> CommandRun {
    await CommandRun.of(
      ["dead"] + arguments + ["--url", gateway.url], input: input, answer: answer)
  }

  private func bodies(_ gateway: ScriptedGateway) async throws -> [String] {
    try await gateway.requests().compactMap { $0["body"]?.text }
  }

  @Test func deadStepsAreListedByWhatTheyAre() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await dead(
        gateway, "list", "agent.main", "--target", "agent:main", "--fingerprint", "f/1",
        "--limit", "3", "--cursor", "a=")
      #expect(list.code == 0 && list.error == "more: --cursor next=\n")
      #expect(
        list.output.contains("provider_error  3      2026-11-22 13:10:01  no \\u{1b}[31manswer\n"))
      #expect(list.output.contains("worker_lost     3+3    2026-11-22 13:10:03  it took"))
      let path = try await gateway.requests().first?["path"]
      #expect(
        path == """
          /api/v1/queues/agent.main/dead?target=agent%3Amain&fingerprint=f%2F1&limit=3&cursor=a%3D
          """)
      let lost = await dead(gateway, "list", "agent.main", "--code", "worker_lost", "-o", "jsonl")
      #expect(lost.output.split(separator: "\n").count == 1 && lost.error.isEmpty)
      let groups = await dead(gateway, "groups", "agent.main")
      #expect(groups.code == 0 && groups.output.contains("fprovider_error  2      agent:main"))
      #expect(await dead(gateway, "groups", "agent.none").code == 3)
    }
  }

  @Test func aDeadStepIsShownWithItsInputAndItsAttempts() async throws {
    try await ScriptedGateway.run { gateway in
      let shown = await dead(gateway, "show", "agent.main", "\(Self.step)03")
      #expect(shown.code == 0 && shown.error.isEmpty)
      for line in [
        "error     worker_lost: it took its worker along\n", "tries     3+3\n",
        "obstacle  Its job is not over.\n", "input     Look\\u{1b}[2J\n",
        "1        2026-11-22 13:10:01  pending  2026-11-22 13:10:02  busy: not \\u{1b}now\n",
        "2        2026-11-22 13:10:03  dead                          x: no\n",
      ] {
        #expect(shown.output.contains(line), "\(line)")
      }
      #expect(!shown.output.contains("arguments"))
      let path = try await gateway.requests().first?["path"]
      #expect(path?.text == "/api/v1/queues/agent.main/dead/\(Self.step)03")
      let document = try await dead(
        gateway, "show", "agent.main", "\(Self.step)01", "-o", "json"
      ).json
      #expect(document["attempt_history"]?.elements?.count == 2)
      #expect(await dead(gateway, "show", "agent.main", "\(Self.step)99").code == 3)
      #expect(await dead(gateway, "show", "agent.main", "x").code == 64)
    }
  }

  @Test func theHelpDoesNotAskForAnOperatorWhereNoneIsNeeded() async {
    for command in ["redrive", "drop"] {
      let help = await CommandRun.of(["dead", command, "--help"])
      #expect(help.output.contains("One's own;") && !help.output.contains("Needs a token"))
    }
  }

  @Test func aRedriveNamesTheNewJobsAndFailsWithAnySkipped() async throws {
    try await ScriptedGateway.run { gateway in
      let good = await dead(
        gateway, "redrive", "agent.main", "--code", "provider_error", "--limit", "5",
        "--input", "-", input: #"{"a": 1}"#)
      #expect(good.code == 0 && good.error == "2 matched, 2 redriven, 0 skipped\n")
      #expect(
        good.output.contains("\(Self.step)02  0199c0de-0000-7000-8000-000000000102  redriven\n"))
      let mixed = await dead(
        gateway, "redrive", "agent.main", "--step", "\(Self.step)01", "--step", "\(Self.step)03")
      #expect(mixed.code == 1 && mixed.error == "2 matched, 1 redriven, 1 skipped\n")
      #expect(mixed.output.contains("skipped: its \\u{1b}job is gone\n"))
      let sent = try await bodies(gateway)
      #expect(
        sent == [
          #"{"code":"provider_error","input":{"a":1},"limit":5}"#,
          #"{"limit":2,"steps":["\#(Self.step)01","\#(Self.step)03"]}"#,
        ])
    }
  }

  @Test func aCanaryDoesOneThenTenThenTheRestInShortRequests() async throws {
    try await ScriptedGateway.run { gateway in
      let all = await dead(
        gateway, "redrive", "agent.many", "--canary", "--input", "1", answer: "")
      #expect(all.code == 0 && all.error.hasSuffix("15 matched, 15 redriven, 0 skipped\n"))
      #expect(all.error.contains("wave 1: 1 redriven, 14 to go; waiting for its end\n"))
      #expect(all.error.contains("wave 2: 10 redriven, 4 to go; waiting for their ends\n"))
      let requests = try await gateway.requests()
      let sent = try requests.compactMap { request -> JSONValue? in
        guard let body = request["body"]?.text, !body.isEmpty else { return nil }
        return try JSONValue(json: Array(body.utf8))
      }
      #expect(sent.first == ["dry_run": true, "input": 1])
      #expect(sent.dropFirst().map { $0["steps"]?.elements?.count } == [1, 10, 4])
      #expect(sent.dropFirst().allSatisfy { $0["input"] == 1 && $0["canary"] == nil })
      // 104 was not over when it was first looked at.
      let looks = requests.compactMap { $0["path"]?.text }.filter { $0.contains("/redrives?") }
      #expect(looks.count == 3 && looks.allSatisfy { $0.hasSuffix("&wait=20") })
    }
  }

  @Test func aCanaryWhoseJobFailsStops() async throws {
    try await ScriptedGateway.run { gateway in
      let stopped = await dead(gateway, "redrive", "agent.main", "--canary", "-o", "json")
      #expect(stopped.code == 1 && stopped.error.isEmpty)
      let answer = try stopped.json
      #expect(
        answer["stopped"] == "job 0199c0de-0000-7000-8000-000000000102 of the canary has failed")
      #expect(answer["matched"] == 3 && answer["redriven"]?.elements?.count == 2)
      #expect(answer["skipped"]?.elements?.count == 1)
    }
  }

  @Test func aDryRunOnlyCounts() async throws {
    try await ScriptedGateway.run { gateway in
      let redrive = await dead(
        gateway, "redrive", "agent.main", "--code", "provider_error", "--dry-run")
      #expect(redrive.code == 0 && redrive.error == "dry run: 2 matched, nothing was done\n")
      #expect(redrive.output.contains("\(Self.step)02           to be redriven\n"))
      let drop = await dead(gateway, "drop", "agent.main", "--code", "worker_lost", "--dry-run")
      #expect(drop.code == 0 && drop.output == "1 dead step matched, nothing was dropped\n")
      let sent = try await bodies(gateway)
      #expect(sent.allSatisfy { $0.contains(#""dry_run":true"#) })
    }
  }

  @Test func aDropWaitsForAYes() async throws {
    try await ScriptedGateway.run { gateway in
      let yes = await dead(
        gateway, "drop", "agent.main", "--code", "provider_error", answer: " Yes")
      #expect(yes.code == 0 && yes.output == "2 dead steps matched, 2 dropped\n")
      #expect(yes.error == "Drop 2 dead steps of agent.main for good? [y/N] ")
      let sent = try await bodies(gateway)
      #expect(
        sent == [
          #"{"code":"provider_error","dry_run":true}"#, #"{"code":"provider_error"}"#,
        ])
      for answer in ["", "n", "yes please"] {
        let no = await dead(gateway, "drop", "agent.main", answer: answer)
        #expect(no.code == 1 && no.error.hasSuffix("error: nothing was dropped\n"))
      }
      let asked = try await bodies(gateway).dropFirst(2)
      #expect(asked.allSatisfy { $0 == #"{"dry_run":true}"# })
      let none = await dead(gateway, "drop", "agent.main", "--code", "none", answer: "no")
      #expect(none.code == 0 && none.error.isEmpty)
    }
  }

  @Test func whereNobodyCanBeAskedADropNeedsYes() async throws {
    try await ScriptedGateway.run { gateway in
      let refused = await dead(gateway, "drop", "agent.main")
      #expect(refused.code == 64 && refused.error.contains("--yes"))
      let done = await dead(gateway, "drop", "agent.main", "--yes", "-o", "json")
      #expect(done.code == 0)
      let document = try done.json
      #expect(document == ["matched": 3, "dry_run": false, "dropped": 3])
      let sent = try await bodies(gateway)
      #expect(sent == ["{}"])
    }
  }

  @Test func aSelectionIsStepsOrAFilter() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["redrive", "agent.main", "--step", "1"], ["redrive", "agent.main", "--limit", "1001"],
        ["redrive", "agent.main", "--step", "\(Self.step)01", "--code", "x"],
        ["redrive", "agent.main", "--input", "{"], ["redrive"],
        ["list", "agent.main", "--limit", "0"],
        ["drop", "agent.main", "--yes", "--limit", "0"],
      ] {
        let run = await CommandRun.of(["dead"] + arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }
}
