import Jobs
import Testing

@testable import openclaw

struct JobCommandsTests {
  private func jobs(_ gateway: ScriptedGateway, _ arguments: String...) async -> CommandRun {
    await CommandRun.of(["jobs"] + arguments + ["--url", gateway.url])
  }

  private func documents(_ run: CommandRun) throws -> [JSONValue] {
    try run.output.split(separator: "\n").map { try JSONValue(json: Array($0.utf8)) }
  }

  @Test func eventsArePrintedAsTheyWereSent() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "events", ScriptedGateway.watched, "-o", "jsonl")
      #expect(run.code == 0)
      let events = try documents(run)
      #expect(events.count == 12 && events.last?["type"] == "job.succeeded")
      let table = await jobs(gateway, "events", ScriptedGateway.watched, "--after", "6")
      #expect(table.output.contains("8     13:10:05  job.succeeded"))
      #expect(table.output.contains("live  13:10:05  job.delta      1@0+6 all \\u{1b}]"))
      let headers = try await gateway.requests().compactMap { $0["headers"]?["last-event-id"] }
      #expect(headers == ["6"])
      let all = try await jobs(gateway, "events", ScriptedGateway.failing, "-o", "json").json
      #expect(all["items"]?.elements?.count == 3)
    }
  }

  @Test func aFailedAttemptIsToldWithItsErrorAndTheTimeOfTheNext() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "events", ScriptedGateway.restarted)
      #expect(
        run.output.contains(
          "agent_turn main: to be tried again at 13:10:05: busy: not \\u{1b}[31mnow\n"))
    }
  }

  @Test func aJobIsShownWithWhatItDoesAgainItsWebhookAndItsCrashes() async throws {
    try await ScriptedGateway.run { gateway in
      let shown = await jobs(gateway, "show", ScriptedGateway.id("000000000010"))
      #expect(shown.code == 0)
      #expect(shown.output.contains("retry of  \(ScriptedGateway.failing)\n"))
      #expect(shown.output.contains("webhook   \(ScriptedGateway.id("0000000000ff"))\n"))
      #expect(shown.output.contains("agent_turn  main  running  2+1    2026-11-22"))
      let plain = await jobs(gateway, "show", ScriptedGateway.watched)
      #expect(!plain.output.contains("retry of") && !plain.output.contains("webhook"))
    }
  }

  @Test func aCutStreamGoesOnWhereItEnded() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "events", ScriptedGateway.cut, "-o", "jsonl")
      #expect(run.code == 0 && run.pauses.count == 2)
      let ids = try documents(run).compactMap { $0["id"]?.text?.split(separator: "/") }
      let numbers = ids.map { $0.count == 2 ? $0[1] : "live" }
      #expect(numbers == ["1", "2", "live", "live", "live", "3", "4"])
      let last = try await gateway.requests().map { $0["headers"]?["last-event-id"]?.text }
      #expect(last == [nil, "2", "2", nil])
    }
  }

  @Test func theTextComesOnceAndWhole() async throws {
    try await ScriptedGateway.run { gateway in
      let cut = await jobs(gateway, "events", ScriptedGateway.cut, "--text")
      #expect(cut.code == 0 && cut.output == "one two three\n")
      let turns = await jobs(gateway, "events", ScriptedGateway.watched, "--text")
      #expect(turns.output == "I read it.\nall \u{1B}]0;x\u{7}done\n")
      let again = await jobs(gateway, "events", ScriptedGateway.restarted, "--text")
      #expect(again.output == "wrong\nright\n" && again.error.contains("begins again"))
      let failed = await jobs(gateway, "events", ScriptedGateway.failing, "--text")
      #expect(failed.code == 1 && failed.error.contains("file_not_found"))
    }
  }

  @Test func aGatewayThatStaysAwayEndsTheStream() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "events", ScriptedGateway.down)
      #expect(run.code == 69 && run.pauses.count == RetryPolicy.maximumAttempts - 1)
      let missing = await jobs(gateway, "events", ScriptedGateway.missing)
      #expect(missing.code == 3 && missing.pauses.isEmpty)
    }
    let nobody = await CommandRun.of(
      ["jobs", "events", ScriptedGateway.watched, "--url", "http://127.0.0.1:1"])
    #expect(nobody.code == 69 && nobody.pauses.isEmpty)
  }

  @Test func aResultIsPrintedAlone() async throws {
    try await ScriptedGateway.run { gateway in
      let text = await jobs(gateway, "result", ScriptedGateway.watched, "--wait", "5")
      #expect(text.code == 0 && text.output == "all \u{1B}]0;x\u{7}done\n")
      let skill = await jobs(gateway, "result", ScriptedGateway.skill)
      #expect(skill.code == 0 && skill.output == "{\n  \"bytes\": 3\n}\n")
      let open = await jobs(gateway, "result", ScriptedGateway.endless)
      #expect(open.code == 5 && open.output.isEmpty)
      let failed = await jobs(gateway, "result", ScriptedGateway.failing, "-o", "json")
      #expect(failed.code == 1)
      let error = try failed.json["error"]
      #expect(error?["type"] == "file_not_found")
      let part = await jobs(gateway, "result", ScriptedGateway.cancelled)
      #expect(part.code == 2 && part.output == "half of\n" && part.error.contains("a part"))
    }
  }

  @Test func cancellingWaitsUntilItIsDone() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "cancel", ScriptedGateway.endless)
      #expect(run.code == 0 && run.output.contains("cancelled"))
      #expect(run.error.contains("what it had written is kept"))
      let asked = try #require(try await gateway.requests().first)
      #expect(asked["method"] == "POST" && asked["path"]?.text?.hasSuffix("/cancel") == true)
      let last = try await gateway.requests().last
      #expect(last?["path"]?.text?.hasSuffix("?wait=60") == true)
      let mixed = await jobs(
        gateway, "cancel", ScriptedGateway.cancelled, ScriptedGateway.watched,
        ScriptedGateway.missing, "-o", "json")
      #expect(mixed.code == 6)
      let items = try mixed.json["items"]?.elements ?? []
      #expect(items.map { $0["ok"] } == [true, false, false])
      #expect(items.last?["error"]?["type"] == "not_found")
    }
  }

  @Test func withoutWaitingACancellationIsOnlyAskedFor() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "cancel", ScriptedGateway.endless, "--no-wait")
      #expect(run.code == 0 && run.output.contains("running"))
      let requests = try await gateway.requests()
      #expect(requests.count == 1)
    }
  }

  @Test func retryingMakesANewJobThatCanBeFollowed() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await jobs(gateway, "retry", ScriptedGateway.failing, "-o", "json")
      #expect(run.code == 0)
      let made = try run.json
      #expect(made["retry_of"]?.text == ScriptedGateway.failing)
      let key = try await gateway.requests().last?["headers"]?["idempotency-key"]?.text
      #expect(key?.hasPrefix("cli-") == true)
      let followed = await jobs(gateway, "retry", ScriptedGateway.failing, "--follow")
      #expect(followed.code == 0 && followed.output == "all \u{1B}]0;x\u{7}done\n")
      let refused = await jobs(gateway, "retry", ScriptedGateway.watched)
      #expect(refused.code == 6 && refused.pauses.isEmpty)
    }
  }
}
