import Jobs
import Testing

@testable import openclaw

struct SignalTests {
  private func jobs(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = ""
  ) async -> CommandRun {
    await CommandRun.of(["jobs"] + arguments + ["--url", gateway.url], input: input)
  }

  @Test func aPayloadIsTextUnlessItIsSaidToBeJSON() async throws {
    try await ScriptedGateway.run { gateway in
      let id = ScriptedGateway.endless
      let taken = await jobs(gateway, "signal", id, "approved")
      #expect(taken.code == 0 && taken.output == "signal approved is taken\n")
      let kept = await jobs(gateway, "signal", id, "go:1", "[1]")
      #expect(kept.code == 0)
      #expect(kept.output == "signal go:1 is kept until something waits for it\n")
      _ = await jobs(gateway, "signal", id, "go", "[1]", "--json")
      _ = await jobs(gateway, "signal", id, "go", "-", input: "all\n")
      let requests = try await gateway.requests()
      #expect(
        requests.compactMap { $0["body"]?.text } == [
          "{}", #"{"payload":"[1]"}"#, #"{"payload":[1]}"#, #"{"payload":"all\n"}"#,
        ])
      #expect(requests.allSatisfy { $0["headers"]?["idempotency-key"] == nil })
      #expect(requests[1]["path"]?.text == "/api/v1/jobs/\(id)/signals/go:1")
    }
  }

  @Test func aSignalIsSentOnceAlsoWhenItsOutcomeIsInDoubt() async throws {
    try await ScriptedGateway.run { gateway in
      let id = ScriptedGateway.endless
      let doubtful = await jobs(gateway, "signal", id, "down")
      #expect(doubtful.code == 69 && doubtful.pauses.isEmpty)
      #expect(
        doubtful.error.hasSuffix(
          "\n  It may have come: openclaw jobs signals \(id)\n  request id r1\n"))
      let over = await jobs(gateway, "signal", ScriptedGateway.cancelled, "go", "-o", "json")
      let error = try over.json["error"]
      #expect(over.code == 6 && error?["type"] == "job_over")
      let sent = try await gateway.requests().count
      #expect(sent == 2)
    }
  }

  @Test func whatIsWaitedForAndWhatIsKeptAreListed() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await jobs(gateway, "signals", ScriptedGateway.endless)
      let rows = list.output.split(separator: "\n")
      #expect(list.code == 0 && rows.count == 3)
      #expect(rows[1].hasPrefix("approved  waited for  2099-11-22 13:10:00  0199c0de"))
      #expect(rows[2] == "go        kept        2026-11-22 13:10:03")
      let lines = await jobs(gateway, "signals", ScriptedGateway.endless, "-o", "jsonl")
      #expect(lines.output.split(separator: "\n").count == 2)
      #expect(await jobs(gateway, "signals", ScriptedGateway.missing).code == 3)
    }
  }

  @Test func aWrongCommandLineSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      let id = ScriptedGateway.endless
      for arguments in [
        ["signal", id], ["signal", "x", "go"], ["signal", id, "a/b"], ["signal", id, ""],
        ["signal", id, "go", "--json"], ["signal", id, "go", "{", "--json"], ["signals"],
      ] {
        let run = await CommandRun.of(["jobs"] + arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }
}
