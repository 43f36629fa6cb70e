import HTTP
import Jobs
import ModelRouter
import Testing

@Suite struct OpenAIProviderTests {
  @Test func theTextComesAsTheServerSendsIt() async throws {
    let script: JSONValue = [
      "pieces": ["one ", "two ", "drei ü ", "👩‍🚀"], "gate": true, "model": "gpt-x-2026",
      "usage": ["prompt_tokens": 11, "completion_tokens": 4],
    ]
    try await OpenAIStub.run(script) { stub in
      async let go: Void = stub.go()
      // Each piece is sent only when the one before has been heard.
      let heard = try await stub.ask { _ in
        do { try await stub.go() } catch { Issue.record(error) }
      }
      try await go
      #expect(heard.pieces == ["one ", "two ", "drei ü ", "👩‍🚀"])
      let answer = try heard.result.get()
      #expect(answer.text == "one two drei ü 👩‍🚀" && answer.model == "gpt-x-2026")
      #expect(
        answer.usage == ModelUsage(inputTokens: 11, outputTokens: 4, isEstimated: false))
    }
  }

  @Test func theRequestIsWhatTheProtocolWants() async throws {
    try await OpenAIStub.run { stub in
      let provider = try stub.provider {
        $0.organization = "org-1"
        $0.baseURL += "//"
      }
      _ = try await stub.ask(.saying("hi"), with: provider)
      let seen = try await stub.wait(for: "ended=1")
      #expect(seen["path"] == "/v1/chat/completions" && seen["outcome"] == "answered")
      #expect(seen["headers"]?["authorization"]?.text == "Bearer \(OpenAIStub.key)")
      #expect(seen["headers"]?["openai-organization"] == "org-1")
      #expect(seen["headers"]?["content-type"] == "application/json")
      #expect(seen["body"]?["stream_options"] == ["include_usage": true])
    }
  }

  @Test func aServerWithoutKeysGetsNone() async throws {
    try await OpenAIStub.run { stub in
      _ = try await stub.ask(with: try stub.provider { $0.apiKey = nil })
      let seen = try await stub.wait(for: "ended=1")
      #expect(seen["headers"]?["authorization"] == nil)
      #expect(seen["headers"]?["openai-organization"] == nil)
    }
  }

  @Test func aConversationWithSkillsIsPlayedToItsEnd() async throws {
    try await OpenAIStub.run { stub in
      let question = #"use files.read {"path":"a.txt"}"# + "\n" + "use system.clock"
      let first = ModelRequest.saying(question, skills: ["files.read", "system.clock"])
      let asked = try await stub.ask(first).result.get()
      #expect(
        asked.calls.map(\.skill) == ["files.read", "system.clock"] && asked.text.isEmpty)
      #expect(asked.calls.map(\.arguments) == [["path": "a.txt"], [:]])
      let story =
        first.messages + [ModelMessage(.assistant, asked.text, calls: asked.calls)]
        + asked.calls.map { ModelMessage(.tool, #"{"ok":1}"#, callID: $0.id) }
      let second = ModelRequest(model: "default", messages: story, skills: first.skills)
      let answer = try await stub.ask(second).result.get()
      #expect(answer.text == #"The tool said: {"ok":1} | {"ok":1}"# && answer.calls.isEmpty)
    }
  }

  @Test func interleavedFragmentsOfAnySizeMakeTheCalls() async throws {
    let long = String(repeating: "ünï \"quoted\" \\ ", count: 50)
    let calls: JSONValue = [
      ["id": "a", "name": "files_read", "arguments": ["path": .string(long)], "split": 1],
      ["id": "b", "name": "files_read", "arguments": "", "split": 3],
      ["id": "c", "name": "system_clock", "arguments": "{\"time_zone\": \"UTC\"}", "split": 7],
    ]
    try await OpenAIStub.run(["calls": calls, "pieces": ["Let me see."], "write_bytes": 5]) {
      stub in
      let skills = ["files.read", "system.clock"]
      let heard = try await stub.ask(.saying("go", skills: skills))
      let answer = try heard.result.get()
      #expect(answer.text == "Let me see.")
      #expect(
        answer.calls == [
          ModelCall(id: "a", skill: "files.read", arguments: ["path": .string(long)]),
          ModelCall(id: "b", skill: "files.read", arguments: [:]),
          ModelCall(id: "c", skill: "system.clock", arguments: ["time_zone": "UTC"]),
        ])
    }
  }

  @Test func serversThatSendOtherwiseAreUnderstood() async throws {
    let scripts: [JSONValue] = [
      ["pieces": ["a ", "b"], "stream": false],
      ["pieces": ["a ", "b"], "write_bytes": 1],
      ["pieces": ["a ", "b"], "framing": "close", "done": 0],
      ["pieces": ["a ", "b"], "done": 2],
      ["pieces": ["a ", ["comment": "keep-alive"], "b"], "role_chunk": false],
      ["pieces": ["a ", "b"], "finish": .null],
      ["pieces": ["a ", "b"], "headers": ["Content-Type": .null]],
      ["pieces": [["refusal": "a "], ["refusal": "b"]], "usage": false],
      ["pieces": ["a ", "b"], "headers": ["Content-Type": "Text/Event-Stream"]],
    ]
    try await OpenAIStub.run { stub in
      for script in scripts {
        try await stub.script(script)
        let answer = try await stub.ask().result.get()
        #expect(answer.text == "a b", "\(script)")
      }
    }
  }

  @Test func callsOfOneDocumentAreTakenToo() async throws {
    let calls: JSONValue = [["id": "a", "name": "files_read", "arguments": ["path": "x"]]]
    try await OpenAIStub.run(["calls": calls, "stream": false]) { stub in
      let answer = try await stub.ask(.saying("go", skills: ["files.read"])).result.get()
      #expect(
        answer.calls == [ModelCall(id: "a", skill: "files.read", arguments: ["path": "x"])])
    }
  }

  @Test func aHugeDeltaIsOnePiece() async throws {
    let text = String(repeating: "é", count: 1 << 20)
    try await OpenAIStub.run(["pieces": [.string(text)]]) { stub in
      let heard = try await stub.ask()
      #expect(heard.pieces.count == 1 && heard.pieces.first?.utf8.count == 2 << 20)
    }
  }

  @Test func oneConnectionServesManyCalls() async throws {
    try await OpenAIStub.run { stub in
      let provider = try stub.provider()
      var clients: Set<JSONValue> = []
      for number in 1...5 {
        _ = try await stub.ask(with: provider).result.get()
        clients.insert(try #require(try await stub.wait(for: "ended=\(number)")["client"]))
      }
      #expect(clients.count == 1)
    }
  }

  @Test func aServerThatStaysBehindItsLastWordIsNotWaitedFor() async throws {
    let last: JSONValue = ["raw": "data: [DONE]\n\n", "then": "hang"]
    try await OpenAIStub.run(["pieces": ["a ", "b", last]]) { stub in
      let answer = try await stub.ask().result.get()
      #expect(answer.text == "a b")
      let seen = try await stub.wait(for: "ended=1")
      #expect(seen["outcome"] == "client_cut")
    }
  }

  /// A cut answer is asked for again, as the engine does: on a busy machine the stub's side of a
  /// connection was seen to end early, for a reason not found yet. Any other failure fails the test.
  @Test func manyConversationsRunAtOnce() async throws {
    try await OpenAIStub.run { stub in
      let provider = try stub.provider()
      try await withThrowingTaskGroup { group in
        for number in 0..<40 {
          group.addTask {
            var heard = try await stub.ask(.saying("number \(number)"), with: provider)
            for _ in 1..<3 where heard.failure?.code == "provider_cut" {
              heard = try await stub.ask(.saying("number \(number)"), with: provider)
            }
            return try heard.result.get().text == "You said: number \(number)"
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }

  @Test(arguments: [
    "", "api.openai.com/v1", "ftp://a/v1", "https://", "https://u:p@a/v1", "https://a/v1?k=1",
    "https://a/v1#x", "https://a b/v1", "HTTP:/a",
    "https://a:99999/v1", "https://a:0", "https://a:x", "https://:80",
  ])
  func anAddressThatCannotBeUsedIsRefusedByName(url: String) {
    let error = #expect(throws: ProviderConfigurationError.self) {
      try OpenAIProvider(OpenAIProvider.Configuration(baseURL: url))
    }
    #expect(error?.setting == "base_url")
  }

  @Test(arguments: ["http://[::1]:8080/v1", "http://[::1]/v1", "HTTPS://a:443", "http://a"])
  func otherAddressesAreTaken(url: String) throws {
    let provider = try OpenAIProvider(OpenAIProvider.Configuration(baseURL: url))
    #expect(url.hasPrefix(provider.summary.drop { $0 != " " }.dropFirst(4)))
  }

  @Test func otherSettingsAreCheckedToo() {
    for (model, organization, setting) in [
      ("", nil, "model"), ("a b", nil, "model"), ("m", "x\n", "organization"),
    ] {
      let error = #expect(throws: ProviderConfigurationError.self) {
        try OpenAIProvider(.init(model: model, organization: organization))
      }
      #expect(error?.setting == setting)
    }
  }

  @Test func theSummarySaysWhatAndWhereAndNoMore() throws {
    let key = try #require(APIKey("sk-secret"))
    let provider = try OpenAIProvider(
      .init(baseURL: "http://localhost:11434/v1/", apiKey: key, model: "llama3"))
    #expect(provider.summary == "openai/llama3 at http://localhost:11434")
    var dumped = ""
    dump(provider, to: &dumped)
    #expect(!dumped.contains("secret") && !"\(provider)".contains("secret"))
  }
}
