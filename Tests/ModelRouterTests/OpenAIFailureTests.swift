import Jobs
import ModelRouter
import Testing

@Suite struct OpenAIFailureTests {
  /// Asks once, over a connection of its own.
  private func expect(
    _ stub: OpenAIStub, _ script: JSONValue, _ kind: StepFailure.Class, _ code: String,
    pieces: [String]? = nil, _ location: SourceLocation = #_sourceLocation,
    _ change: (inout OpenAIProvider.Configuration) -> Void = { _ in }
  ) async throws {
    try await stub.script(script)
    let heard = try await stub.ask(with: try stub.provider(change))
    let failure = heard.failure
    #expect(failure?.class == kind && failure?.code == code, sourceLocation: location)
    #expect(failure?.message.contains(OpenAIStub.key) == false, sourceLocation: location)
    if let pieces { #expect(heard.pieces == pieces, sourceLocation: location) }
  }

  @Test func errorAnswersBecomeFailuresOfTheirClass() async throws {
    try await OpenAIStub.run { stub in
      let error: JSONValue = ["error": ["message": .string("not with \(OpenAIStub.key)")]]
      try await expect(stub, ["status": 401, "body": error], .auth, "provider_auth")
      try await expect(stub, ["status": 500, "body": error], .transient, "provider_unavailable")
      try await expect(stub, ["status": 503, "body": "<html>"], .transient, "provider_unavailable")
      try await expect(stub, ["status": 400, "body": error], .badInput, "provider_bad_request")
      try await expect(
        stub, ["status": 429, "body": ["error": ["code": "insufficient_quota"]]], .refused,
        "quota_exhausted")
      try await expect(
        stub, ["status": 302, "headers": ["Location": "http://127.0.0.1:1/"], "body": ""],
        .badInput, "provider_redirected")
    }
  }

  @Test func whenToComeBackIsPassedOn() async throws {
    let script: JSONValue = [
      "status": 429, "headers": ["Retry-After": "7"], "body": ["error": ["message": "slow down"]],
    ]
    try await OpenAIStub.run(script) { stub in
      let failure = try await stub.ask().failure
      #expect(failure?.class == .rateLimited && failure?.retryAfter == .seconds(7))
      #expect(
        failure?.message == "The model provider has had enough for now (HTTP 429): slow down")
    }
  }

  @Test func aRealServersRefusalsAreUnderstood() async throws {
    try await OpenAIStub.run { stub in
      let provider = try stub.provider()
      let request = ModelRequest.saying("x")
      let failure = await #expect(throws: StepFailure.self) {
        try await provider.answer(request, from: "no-such-model") { _ in }
      }
      #expect(failure?.class == .badInput && failure?.code == "model_not_found")
      let orphan = ModelRequest(
        model: "", messages: [ModelMessage(.tool, "{}", callID: "c")], skills: [])
      #expect(try await stub.ask(orphan).failure?.code == "provider_bad_request")
    }
  }

  @Test func nobodyThereIsTransient() async throws {
    let url = try await OpenAIStub.run { $0.baseURL }
    let provider = try OpenAIProvider(.init(baseURL: url))
    let failure = await #expect(throws: StepFailure.self) {
      try await provider.answer(.saying("x"), from: "m") { _ in }
    }
    #expect(failure?.class == .transient && failure?.code == "provider_unreachable")
  }

  @Test(arguments: ["close", "reset"])
  func aConnectionThatEndsBeforeTheHeadIsInDoubt(how: String) async throws {
    try await OpenAIStub.run { stub in
      try await expect(stub, ["before": .string(how)], .inDoubt, "provider_cut")
    }
  }

  @Test func aStreamThatIsCutIsInDoubtAndItsTextWasHeard() async throws {
    try await OpenAIStub.run { stub in
      try await expect(stub, ["close_after_head": true], .inDoubt, "provider_cut", pieces: [])
      try await expect(
        stub, ["pieces": ["a ", ["text": "b", "then": "cut"], "c"]], .inDoubt, "provider_cut",
        pieces: ["a ", "b"])
      try await expect(
        stub, ["pieces": ["a ", ["text": "b", "then": "reset"], "c"]], .inDoubt, "provider_cut")
      try await expect(
        stub, ["pieces": ["a "], "finish": .null, "done": 0], .inDoubt, "provider_cut",
        pieces: ["a "])
    }
  }

  @Test func aCutAnywhereIsAFailureOrTheWholeAnswer() async throws {
    try await OpenAIStub.run { stub in
      let provider = try stub.provider()
      var cut = 0
      while true {
        try await stub.script(["pieces": ["ü", "b"], "cut_after_bytes": .integer(Int64(cut))])
        let heard = try await stub.ask(with: provider)
        if case .success(let answer) = heard.result {
          #expect(answer.text == "üb")
          break
        }
        #expect(heard.failure?.code == "provider_cut" && "üb".hasPrefix(heard.pieces.joined()))
        cut += 17
      }
      #expect(cut > 500)
    }
  }

  @Test func aBreakBehindTheWholeAnswerTakesNothingFromIt() async throws {
    let last: JSONValue = ["delta": [:], "finish": "stop", "then": "cut"]
    try await OpenAIStub.run(["pieces": ["a ", "b", last]]) { stub in
      let answer = try await stub.ask().result.get()
      #expect(answer.text == "a b" && answer.usage.isEstimated)
    }
  }

  @Test func whatIsNoAnswerBreaksTheProtocol() async throws {
    try await OpenAIStub.run { stub in
      for piece: JSONValue in [
        ["raw": "data: {\"choices\": [\n\n"], ["raw": "data: <html>\n\n"],
        ["raw_base64": "ZGF0YTog/v8KCg=="],
      ] {
        try await expect(
          stub, ["pieces": ["a", piece, "b"]], .transient, "provider_protocol", pieces: ["a"])
      }
      for (type, body) in [
        ("text/html", "<html>"), ("application/json", "[1,"), ("application/json", "{}"),
      ] {
        try await expect(
          stub, ["headers": ["Content-Type": .string(type)], "body": .string(body)], .transient,
          "provider_protocol")
      }
    }
  }

  @Test func textThatIsNotUTF8IsRepaired() async throws {
    // data: {"choices":[{"delta":{"content":"a<FF>b"}}]}
    let raw = "ZGF0YTogeyJjaG9pY2VzIjpbeyJkZWx0YSI6eyJjb250ZW50IjoiYf9iIn19XX0KCg=="
    try await OpenAIStub.run(["pieces": [["raw_base64": .string(raw)]]]) { stub in
      let heard = try await stub.ask()
      #expect(heard.pieces == ["a\u{FFFD}b"])
    }
  }

  @Test func anErrorInsideTheStreamEndsIt() async throws {
    try await OpenAIStub.run { stub in
      let error: JSONValue = ["error": ["message": "overloaded", "type": "server_error"]]
      try await expect(
        stub, ["pieces": ["a", error, "b"]], .transient, "provider_unavailable", pieces: ["a"])
    }
  }

  @Test func anEndlessAnswerIsStoppedAndTheServerToldSo() async throws {
    let script: JSONValue = ["endless": .string(String(repeating: "x", count: 100_000))]
    try await OpenAIStub.run(script) { stub in
      let failure = try await stub.ask().failure
      #expect(failure?.class == .badInput && failure?.code == "answer_too_large")
      let seen = try await stub.wait(for: "ended=1")
      #expect(seen["outcome"] == "client_cut")
    }
  }

  @Test func eachSilenceHasItsLimit() async throws {
    try await OpenAIStub.run { stub in
      try await expect(stub, ["before": "hang"], .inDoubt, "provider_timeout") {
        $0.firstByteTimeout = .milliseconds(100)
      }
      try await expect(
        stub, ["pieces": [["text": "a", "then": "hang"]]], .inDoubt, "provider_timeout",
        pieces: ["a"]
      ) {
        $0.idleTimeout = .seconds(1)
      }
      // It never falls silent, and never ends.
      try await expect(stub, ["endless": "x", "pause_ms": 20], .inDoubt, "provider_timeout") {
        $0.totalTimeout = .seconds(1)
      }
    }
  }
}
