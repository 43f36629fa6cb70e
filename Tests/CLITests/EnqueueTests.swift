import Foundation
import Jobs
import Testing

@testable import openclaw

struct EnqueueTests {
  private func enqueue(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = ""
  ) async -> CommandRun {
    await CommandRun.of(
      ["jobs", "enqueue"] + arguments + ["--url", gateway.url], input: input)
  }

  @Test func textForAnAgentBecomesAString() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:main", "{}", "--priority", "high")
      #expect(run.code == 0 && run.error.isEmpty)
      #expect(run.output.hasPrefix("ID") && run.output.contains("queued"))
      let request = try #require(try await gateway.requests().first)
      #expect(request["method"] == "POST" && request["path"] == "/api/v1/jobs")
      #expect(
        request["body"]?.text == #"{"input":"{}","priority":"high","target":"agent:main"}"#)
      let headers = try #require(request["headers"])
      #expect(headers["authorization"] == "Bearer good")
      #expect(headers["content-type"] == "application/json")
      #expect(headers["idempotency-key"]?.text?.hasPrefix("cli-") == true)
      #expect(headers["prefer"] == nil)
    }
  }

  @Test func inputForASkillIsJSONFromWhereverItComes() async throws {
    try await ScriptedGateway.run { gateway in
      let body = { (input: String) in "{\"input\":\(input),\"target\":\"skill:files.read\"}" }
      _ = await enqueue(gateway, "skill:files.read", #"{"path": "a"}"#)
      _ = await enqueue(gateway, "skill:files.read")
      _ = await enqueue(gateway, "skill:files.read", "-", input: "[1]")
      _ = await enqueue(gateway, "skill:files.read", "--input-file", "-", input: "[2]")
      let bodies = try await gateway.requests().compactMap { $0["body"]?.text }
      #expect(bodies == [#"{"path":"a"}"#, "{}", "[1]", "[2]"].map(body))
    }
  }

  @Test func aWrongInputSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      for arguments in [
        ["skill:files.read", "{"], ["agent:main"], ["agent:main", "a", "--input-file", "b"],
        ["agent:main", "--input-file", "/nonexistent"], ["agent:main", "{", "--json"],
        ["nobody", "a"], ["agent:main", "a", "--priority", "now"],
        ["agent:main", "a", "--wait", "0"],
        ["agent:main", "a", "--idempotency-key", ""], [], ["agent:main", "--batch", "-"],
      ] {
        let run = await CommandRun.of(["jobs", "enqueue", "--url", gateway.url] + arguments)
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }

  @Test func waitingPrintsTheResult() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:main", "a", "--wait", "90")
      #expect(run.code == 0 && run.output == "all \u{1B}]0;x\u{7}done\n")
      let requests = try await gateway.requests()
      #expect(requests.first?["headers"]?["prefer"] == nil)
      #expect(requests.last?["path"]?.text?.hasSuffix("?wait=60") == true)
    }
  }

  @Test func aWaitThatIsCutOrTooShortTellsTheId() async throws {
    try await ScriptedGateway.run { gateway in
      let short = await enqueue(gateway, "agent:endless", "a", "--wait", "1")
      #expect(short.code == 5 && short.output.contains(ScriptedGateway.endless))
      let (interruptions, interrupt) = AsyncStream.makeStream(of: Void.self)
      async let run = CommandRun.of(
        ["jobs", "enqueue", "agent:gone", "a", "--wait", "60", "--url", gateway.url, "-o", "json"],
        interruptions: interruptions)
      try await gateway.waitForHanging()
      interrupt.yield()
      let cut = await run
      #expect(cut.code == 130)
      let error = try cut.json["error"]
      #expect(error?["type"] == "interrupted")
      #expect(error?["job"]?.text == ScriptedGateway.hanging)
    }
  }

  @Test func aBatchTellsOfEachItemAndFailsWithAny() async throws {
    try await ScriptedGateway.run { gateway in
      let jobs = """
        {"target":"agent:main","input":"a"}

        {"target":"agent:refused","input":"b"}
        oops
        """
      let run = await enqueue(
        gateway, "--batch", "-", "--idempotency-key", "k", "-o", "json", input: jobs)
      #expect(run.code == 1)
      let answer = try run.json
      #expect(answer["accepted"] == 1 && answer["rejected"] == 2)
      let request = try #require(try await gateway.requests().first)
      #expect(request["path"] == "/api/v1/jobs/batch")
      #expect(request["headers"]?["content-type"] == "application/x-ndjson")
      #expect(request["headers"]?["idempotency-key"] == "k")
      let table = await enqueue(
        gateway, "--batch", "-", input: #"[{"target":"agent:main","input":"a"}]"#)
      #expect(table.code == 0 && table.error == "1 accepted, 0 rejected\n")
      #expect(table.output.contains("0     202     0199c0de-0000-7000-8000-000000001000  queued"))
    }
  }

  @Test func placesCountFromTheFilesBeginning() {
    let fault = { (pointer: JSONValue) -> JSONValue in
      ["errors": [["pointer": pointer, "detail": "odd"]]]
    }
    var outcome = BatchOutcome()
    let item: JSONValue = ["index": 1, "status": 422, "problem": fault("/items/1/target")]
    outcome.add(["accepted": 0, "rejected": 1, "items": [item]], start: 1_000)
    #expect(
      outcome.items == [
        ["index": 1_001, "status": 422, "problem": fault("/items/1001/target")]
      ])
  }

  @Test func aLargeBatchIsCutIntoRequests() throws {
    let line = Array(#"{"target":"agent:main"}"#.utf8) + [0x0A]
    let file = try BatchFile(Array(repeatElement(line, count: 2_001).joined()))
    #expect(file.batches.map(\.start) == [0, 1_000, 2_000])
    #expect(file.batches.map(\.bytes.count) == [1_000, 1_000, 1].map { $0 * line.count })
    #expect(throws: CommandError.self) { try BatchFile(Array(" \n\n".utf8)) }
    #expect(throws: CommandError.self) { try BatchFile(Array("[1,".utf8)) }
  }

  @Test func aPartThatIsLostNamesTheKeyOfTheWholeFile() async throws {
    try await ScriptedGateway.run { gateway in
      let good = #"{"target":"agent:main","input":"a"}"# + "\n"
      let file = String(repeating: good, count: 1_000) + #"{"target":"agent:cut"}"#
      let run = await enqueue(gateway, "--batch", "-", "--idempotency-key", "k", input: file)
      #expect(run.code == 69)
      #expect(run.error.contains("A part is accepted: repeat with --idempotency-key k\n"))
      let keys = try await gateway.requests().compactMap { $0["headers"]?["idempotency-key"]?.text }
      #expect(Set(keys) == ["k-0", "k-1"])
      let made = await enqueue(gateway, "--batch", "-", "-o", "json", input: file)
      let key = try #require(try made.json["error"]?["idempotency_key"]?.text)
      let sent = try await gateway.requests().last?["headers"]?["idempotency-key"]
      #expect(sent?.text == "\(key)-1")
    }
  }

  @Test func aKeyWithoutRoomForAllPartsIsRefusedBeforeAnythingIsSent() async throws {
    try await ScriptedGateway.run { gateway in
      let file = String(repeating: #"{"target":"agent:main"}"# + "\n", count: 1_001)
      let key = String(repeating: "k", count: 250)
      let run = await enqueue(gateway, "--batch", "-", "--idempotency-key", key, input: file)
      #expect(run.code == 64 && run.error.contains("at most 249 characters"))
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }

  @Test func aDoubtfulOutcomeNamesTheKeyBesideEveryOtherHint() async throws {
    try await ScriptedGateway.run { gateway in
      let shut = await enqueue(gateway, "agent:shut", "a")
      let key = try #require(
        try await gateway.requests().last?["headers"]?["idempotency-key"]?.text)
      #expect(
        shut.error.hasSuffix(
          "\n  It may have been accepted: repeat with --idempotency-key \(key)\n  request id r1\n"))
      let gone = await enqueue(gateway, "agent:vanish", "a", "--idempotency-key", "mine")
      #expect(gone.code == 69 && gone.error.contains("repeat with --idempotency-key mine\n"))
      #expect(gone.error.contains("Is it running? `openclaw up` starts it.\n"))
    }
  }

  @Test func aGatewayThatWasNeverReachedLeavesNoDoubt() async throws {
    let run = await CommandRun.of(
      ["jobs", "enqueue", "agent:main", "a", "--url", "http://127.0.0.1:1", "-o", "json"])
    #expect(run.code == 69)
    let error = try run.json["error"]
    #expect(error?["type"] == "unreachable" && error?["idempotency_key"] == nil)
  }

  @Test func aFileOfAnySizeIsReadWhole() async throws {
    let text = String(repeating: "x", count: 100 << 10)
    let line = #"{"target":"agent:main","input":""# + text + "\"}\n"
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try Data(String(repeating: line, count: 170).utf8).write(to: URL(filePath: path))
    defer {
      // A file that stays behind in /tmp is no failure of what is tested.
      try? FileManager.default.removeItem(atPath: path)  // as said above
    }
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "--batch", path, "-o", "json")
      let answer = try run.json
      #expect(run.code == 0 && answer["accepted"] == 170 && answer["items"]?.elements?.count == 170)
    }
  }

  @Test func whatIsOverTheBoundIsRefusedAndNotCut() async throws {
    let surroundings = Surroundings.process()
    let input = JobInput(argument: "abcde", file: nil, isJSON: false, fallback: nil, limit: 4)
    #expect(throws: CommandError.self) { try input.bytes(surroundings) }
  }

  @Test func aBusyGatewayIsAskedAgainWithTheSameKeyWhenItSaid() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:busy", "a")
      #expect(run.code == 0 && run.pauses == [.seconds(1), .seconds(2)])
      let keys = try await gateway.requests().map { $0["headers"]?["idempotency-key"] }
      #expect(keys.count == 3 && Set(keys).count == 1)
    }
  }

  @Test func aLostAnswerMakesNoSecondJob() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:lost", "a", "--idempotency-key", "mine")
      #expect(run.code == 0)
      let keys = try await gateway.requests().map { $0["headers"]?["idempotency-key"] }
      #expect(keys == ["mine", "mine"])
    }
  }

  @Test func aGatewayThatAsksForTooMuchPatienceIsUnreachable() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:shut", "a")
      #expect(run.code == 69 && run.pauses.isEmpty)
    }
  }

  @Test func aConflictAndARefusalAreSaidAndNotRetried() async throws {
    try await ScriptedGateway.run { gateway in
      let conflict = await enqueue(gateway, "agent:conflict", "a")
      #expect(conflict.code == 6 && conflict.error == "error: Sorry: first one runs\n")
      let unknown = await enqueue(gateway, "agent:unknown", "a")
      #expect(unknown.code == 1)
      #expect(unknown.error.hasSuffix("nobody serves it\n  known: agent:main, skill:files.read\n"))
      let refused = await enqueue(gateway, "agent:refused", "a", "-o", "json")
      let error: JSONValue = ["type": "invalid", "message": "Sorry: bad\n  /input: too odd"]
      #expect(refused.code == 1 && refused.error.isEmpty)
      let document = try refused.json
      #expect(document == ["ok": false, "error": error])
    }
  }

  @Test func followingTellsTheChangesAndPrintsTheResult() async throws {
    try await ScriptedGateway.run { gateway in
      let run = await enqueue(gateway, "agent:main", "a", "--follow")
      #expect(run.code == 0 && run.output == "all \u{1B}]0;x\u{7}done\n")
      #expect(run.error.split(separator: "\n").last == "13:10:05  job: succeeded")
    }
  }
}
