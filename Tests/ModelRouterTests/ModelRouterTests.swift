import Jobs
import ModelRouter
import Synchronization
import Testing

@Suite struct ModelRouterTests {
  @Test(arguments: ["default", "builtin/demo"])
  func bothAliasesAreTheBuiltinModel(alias: String) async throws {
    let request = ModelRequest(model: alias, messages: [ModelMessage(.user, "hi")], skills: [])
    let response = try await ModelRouter().complete(request) { _ in }
    #expect(response.model == "builtin/demo")
  }

  @Test(arguments: ["gpt-5", "", "Default", "builtin/demo ", "builtin/", "openai/gpt-4o", "/x"])
  func anotherAliasIsUnknown(alias: String) async {
    let request = ModelRequest(model: alias, messages: [], skills: [])
    let failure = await #expect(throws: StepFailure.self) {
      try await ModelRouter().complete(request) { _ in }
    }
    #expect(failure?.class == .badInput)
    #expect(failure?.code == "unknown_model")
    #expect(
      failure?.message == "There is no such model; the known ones are default, builtin/demo.")
  }

  @Test func aConfiguredProviderServesTheDefault() async throws {
    try await OpenAIStub.run { stub in
      let router = ModelRouter(openAI: try stub.provider())
      let aliases = ["default", "openai/other", "openai/a/b", "builtin/demo"]
      var models: [String] = []
      for alias in aliases {
        let request = ModelRequest(model: alias, messages: [ModelMessage(.user, "hi")], skills: [])
        models.append(try await router.complete(request) { _ in }.model)
      }
      #expect(models == ["openai/stub", "openai/other", "openai/a/b", "builtin/demo"])
      #expect(router.knownAliases == ["default", "openai/<model>", "builtin/demo"])
      let request = ModelRequest(model: "openai/", messages: [], skills: [])
      await #expect(throws: StepFailure.self) { try await router.complete(request) { _ in } }
    }
  }

  @Test func theSummaryIsOfTheDefault() throws {
    #expect(ModelRouter().summary.hasPrefix("builtin/demo (offline"))
    let router = ModelRouter(openAI: try OpenAIProvider(.init()))
    #expect(router.summary == "openai/gpt-4o-mini at https://api.openai.com")
  }

  @Test func eachCallIsReportedOnceWithItsOutcome() async throws {
    let scripts: [JSONValue] = [
      ["text": "one two", "usage": ["prompt_tokens": 3, "completion_tokens": 2]],
      ["text": "one", "finish": "length"], ["status": 401], ["status": 429], ["before": "close"],
      ["pieces": ["a"], "finish": "content_filter"],
      ["calls": [["id": "a", "name": "x", "arguments": "{}"]]],
    ]
    try await OpenAIStub.run { stub in
      let reports = Mutex<[ModelCallReport]>([])
      for script in scripts {
        try await stub.script(script)
        // On a connection that was used before, libcurl would send a request again by itself.
        let router = ModelRouter(openAI: try stub.provider()) { report in
          reports.withLock { $0.append(report) }
        }
        do { _ = try await router.complete(.saying("x")) { _ in } } catch is StepFailure {}
      }
      let found = reports.withLock { $0 }
      #expect(
        found.map(\.outcome) == [
          .answered, .truncated, .auth, .rateLimited, .inDoubt, .refused, .answered,
        ])
      #expect(found.allSatisfy { $0.provider == "openai" && $0.model == "stub" })
      #expect(
        found[0].usage == ModelUsage(inputTokens: 3, outputTokens: 2, isEstimated: false))
      #expect(
        found.map { $0.timeToFirstToken != nil } == [true, true, false, false, false, true, true])
      #expect(found.allSatisfy { $0.duration >= $0.timeToFirstToken ?? .zero })
    }
  }

  @Test func aCancelledCallIsReportedAsOne() async throws {
    let reports = Mutex<[ModelCallReport]>([])
    let router = ModelRouter(builtin: BuiltinModel(pace: .seconds(60))) { report in
      reports.withLock { $0.append(report) }
    }
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await router.complete(.saying("hi")) { _ in }
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(reports.withLock { $0.map(\.outcome) } == [.cancelled])
  }
}
