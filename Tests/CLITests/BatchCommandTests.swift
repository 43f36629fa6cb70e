import Jobs
import Testing

@testable import openclaw

struct BatchCommandTests {
  private static let good = ScriptedGateway.id("00000000bb01")
  private static let bad = ScriptedGateway.id("00000000bb02")
  private static let endless = ScriptedGateway.id("00000000bb04")

  private func batches(
    _ gateway: ScriptedGateway, _ arguments: String..., input: String = "",
    isTerminal: Bool = false
  ) async -> CommandRun {
    await CommandRun.of(
      ["batches"] + arguments + ["--url", gateway.url], input: input, isTerminal: isTerminal)
  }

  private func body(_ request: JSONValue?) throws -> JSONValue {
    try JSONValue(json: Array((request?["body"]?.text ?? "").utf8))
  }

  @Test func aFileBecomesABatchAndWhatWasRejectedIsTold() async throws {
    try await ScriptedGateway.run { gateway in
      let jobs = """
        {"target":"agent:main","input":"a"}

        {"target":"agent:refused","input":"b"}
        """
      let made = await batches(
        gateway, "create", "-", "--name", "n1", "--callback", "agent:main", "--callback-input",
        "{}", "--callback-priority", "low", "--on", "failure", input: jobs)
      #expect(made.code == 1 && made.error == "1 accepted, 1 rejected\n")
      let rows = made.output.split(separator: "\n")
      #expect(rows.count == 4)
      #expect(rows[1].hasPrefix("\(ScriptedGateway.id("00000000bb08"))  n1    closed  1"))
      #expect(rows[3].hasPrefix("1     422") && rows[3].hasSuffix("/jobs/1/input: too \\u{1b}odd"))
      let request = try #require(try await gateway.requests().first)
      #expect(request["path"] == "/api/v1/batches")
      #expect(request["headers"]?["idempotency-key"]?.text?.hasPrefix("cli-") == true)
      #expect(
        try body(request) == [
          "name": "n1",
          "callback": [
            "target": "agent:main", "input": "{}", "priority": "low", "on": "failure",
          ],
          "jobs": [
            ["target": "agent:main", "input": "a"], ["target": "agent:refused", "input": "b"],
          ],
        ])
      let document = await batches(
        gateway, "create", "-", "-o", "json", input: #"[{"target":"agent:main","input":"a"}]"#)
      #expect(document.code == 0 && document.error.isEmpty)
      let answer = try document.json
      #expect(answer["accepted"] == 1 && answer["state"] == "closed" && answer["items"] != nil)
    }
  }

  @Test func withoutAFileItStaysOpenAndRetriesMakeOneBatch() async throws {
    try await ScriptedGateway.run { gateway in
      let open = await batches(
        gateway, "create", "--callback", "skill:files.list", "--callback-input", #"{"a": 1}"#)
      #expect(open.code == 0 && open.output.contains("open") && open.error.isEmpty)
      let first = try body(try await gateway.requests().first)
      #expect(first == ["callback": ["target": "skill:files.list", "input": ["a": 1]]])
      let busy = await batches(gateway, "create", "--name", "busy")
      #expect(busy.code == 0 && busy.pauses == [.seconds(1), .seconds(1)])
      let keys = try await gateway.requests().dropFirst().map {
        $0["headers"]?["idempotency-key"]
      }
      #expect(keys.count == 3 && Set(keys).count == 1)
      _ = await batches(
        gateway, "create", "--idempotency-key", "mine", "--callback", "skill:system.clock")
      let last = try await gateway.requests().last
      #expect(last?["headers"]?["idempotency-key"] == "mine")
      let callback = try body(last)["callback"]
      #expect(callback == ["target": "skill:system.clock", "input": .object([:])])
    }
  }

  @Test func aLargeFileFillsAnOpenBatchInPartsAndClosesIt() async throws {
    try await ScriptedGateway.run { gateway in
      let line = #"{"target":"agent:main","batch_id":"x"}"# + "\n"
      let last = #"{"target":"agent:refused"}"#
      let run = await batches(
        gateway, "create", "-", "--idempotency-key", "k",
        input: String(repeating: line, count: 1_000) + last)
      #expect(run.code == 1 && run.error == "1000 accepted, 1 rejected\n")
      #expect(run.output.contains("1000  422"))
      let requests = try await gateway.requests()
      let open = ScriptedGateway.id("00000000bb07")
      #expect(
        requests.compactMap { $0["path"]?.text } == [
          "/api/v1/batches", "/api/v1/jobs/batch", "/api/v1/jobs/batch",
          "/api/v1/batches/\(open)/close",
        ])
      let keys = requests.prefix(3).compactMap { $0["headers"]?["idempotency-key"]?.text }
      #expect(keys == ["k", "k-0", "k-1"])
      let part = requests[1]["body"]?.text ?? ""
      #expect(part.split(separator: "\n").count == 1_000)
      #expect(part.split(separator: "\n").allSatisfy { $0.contains(open) })
      #expect(
        try body(requests[2]) == ["target": "agent:refused", "batch_id": .string(open)])
    }
  }

  @Test func jobsThatAreRefusedOnlyForNowLeaveTheBatchOpenForTheSameKey() async throws {
    try await ScriptedGateway.run { gateway in
      let later = #"{"target":"agent:later"}"# + "\n"
      let small = await batches(gateway, "create", "-", "--idempotency-key", "k", input: later)
      #expect(small.code == 69 && small.error.contains("--idempotency-key k\n"))
      let good = #"{"target":"agent:main"}"# + "\n"
      let large = await batches(
        gateway, "create", "-", "--idempotency-key", "k",
        input: String(repeating: good, count: 1_000) + later)
      #expect(large.code == 69 && large.error.contains("refused 1 jobs only for now"))
      #expect(large.error.contains("is open and not full: repeat with --idempotency-key k"))
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      #expect(!paths.contains { $0.hasSuffix("/close") })
    }
  }

  @Test func aKeyThatHasNoRoomForThePartsIsRefusedBeforeAnythingIsSent() async throws {
    try await ScriptedGateway.run { gateway in
      let jobs = String(repeating: #"{"target":"agent:main"}"# + "\n", count: 1_001)
      let long = String(repeating: "k", count: 247)
      let run = await batches(gateway, "create", "-", "--idempotency-key", long, input: jobs)
      #expect(run.code == 64 && run.error.contains("at most 246 characters"))
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }

  @Test func waitingExitsAsTheJobsEnded() async throws {
    try await ScriptedGateway.run { gateway in
      let good = await batches(gateway, "wait", Self.good)
      #expect(good.code == 0 && good.error.isEmpty && good.output.contains("finished"))
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      #expect(
        paths == ["/api/v1/batches/\(Self.good)", "/api/v1/batches/\(Self.good)?wait=60"])
      let bad = await batches(gateway, "wait", Self.bad, "-o", "json")
      let failed = try bad.json["ended"]?["failed"]
      #expect(bad.code == 1 && failed == 1)
      let late = await batches(gateway, "wait", Self.endless, "--timeout", "1")
      #expect(late.code == 5 && late.output.contains("closed"))
      #expect(late.error == "the batch is not over yet: openclaw batches wait \(Self.endless)\n")
      #expect(await batches(gateway, "wait", ScriptedGateway.missing).code == 3)
    }
  }

  @Test func progressIsDrawnOnATerminalAlone() async throws {
    try await ScriptedGateway.run { gateway in
      let live = await batches(gateway, "wait", Self.bad, "--no-color", isTerminal: true)
      #expect(live.code == 1)
      #expect(live.error.contains("\u{1B}[?25l  closed  1 of 3 over"))
      #expect(live.error.contains("\u{1B}[?25h"))
      #expect(
        live.error.hasSuffix("its callback: openclaw jobs watch \(ScriptedGateway.watched)\n"))
      let paths = try await gateway.requests().compactMap { $0["path"]?.text }
      #expect(paths.last == "/api/v1/batches/\(Self.bad)?wait=1")
    }
    var document: [String: JSONValue] = [
      "id": .string(Self.bad), "state": "closed", "total": 9, "pending": 4, "cancelled": true,
    ]
    document["ended"] = ["succeeded": 2, "failed": 2, "cancelled": 0, "expired": 1]
    let line = BatchWaiting.line(try BatchView(.object(document)))
    #expect(
      line.text(width: .max, isColored: false) == "  cancelling  5 of 9 over  2 failed  1 expired")
  }

  @Test func batchesAreListedShownClosedAndCancelled() async throws {
    try await ScriptedGateway.run { gateway in
      let list = await batches(gateway, "list", "--limit", "2", "--cursor", "c=")
      #expect(list.code == 0 && list.output.split(separator: "\n").count == 3)
      #expect(list.error == "more: --cursor next=\n")
      let path = try await gateway.requests().first?["path"]
      #expect(path == "/api/v1/batches?limit=2&cursor=c%3D")
      let lines = await batches(gateway, "list", "-o", "jsonl")
      #expect(lines.output.split(separator: "\n").count == 2)
      let shown = await batches(gateway, "show", Self.good, "-o", "yaml")
      #expect(shown.code == 0 && shown.output.contains("pending: 2\n"))
      let closed = await batches(gateway, "close", Self.good)
      #expect(closed.code == 0 && closed.output.contains("closed"))
      let cancelled = await batches(gateway, "cancel", Self.good)
      #expect(cancelled.code == 0 && cancelled.output.contains("cancelling"))
      let requests = try await gateway.requests().suffix(2)
      #expect(
        requests.compactMap { $0["path"]?.text } == [
          "/api/v1/batches/\(Self.good)/close", "/api/v1/batches/\(Self.good)/cancel",
        ])
      _ = await CommandRun.of(["jobs", "list", "--batch-id", Self.good, "--url", gateway.url])
      let jobs = try await gateway.requests().last?["path"]
      #expect(jobs?.text == "/api/v1/jobs?batch_id=\(Self.good)&limit=50")
    }
  }

  @Test func aBatchIsShownWithItsCallback() async throws {
    try await ScriptedGateway.run { gateway in
      let id = ScriptedGateway.id("00000000bb03")
      let shown = await batches(gateway, "show", id)
      #expect(shown.code == 0)
      #expect(
        shown.output == """
          id        \(id)
          name      nightly
          state     finished
          jobs      3, 0 not over
          ended     2 succeeded, 1 failed, 0 cancelled, 0 expired
          created   2026-11-22T13:10:01.500Z
          closed    2026-11-22T13:10:01.500Z
          finished  2026-11-22T13:10:05.500Z
          callback  agent:main
          on        failure
          priority  low
          input     Look\\u{1b}[2J
          outcome   made
          job       \(ScriptedGateway.watched)

          """)
    }
  }

  @Test func aWrongCommandLineSendsNothing() async throws {
    try await ScriptedGateway.run { gateway in
      let agent = ["create", "--callback", "agent:main"]
      for arguments in [
        ["create", "--on", "always"], ["create", "--callback-input", "a"],
        ["create", "--callback-priority", "low"], agent,
        agent + ["--callback-input", "a", "--on", "x"],
        ["create", "--callback", "skill:files.list", "--callback-input", "{"],
        ["create", "--name", "a b"], ["create", "/nonexistent"], ["create", "-"],
        ["create", "--idempotency-key", ""], ["list", "--limit", "0"], ["show", "nightly"],
        ["wait", Self.good, "--timeout", "0"], ["close"], ["cancel", "x"],
      ] {
        let run = await CommandRun.of(["batches"] + arguments + ["--url", gateway.url])
        #expect(run.code == 64 && run.output.isEmpty && !run.error.isEmpty, "\(arguments)")
      }
      let broken = await batches(gateway, "create", "-", input: "{\"target\":\"agent:main\"}\n{")
      #expect(broken.code == 64 && broken.error.contains("item 1 of the batch is not JSON"))
      let requests = try await gateway.requests()
      #expect(requests.isEmpty)
    }
  }
}
