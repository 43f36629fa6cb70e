import Jobs
import ModelRouter
import Testing

@Suite struct ModelRouterTests {
  @Test(arguments: ["default", "builtin/demo"])
  func bothAliasesAreTheBuiltinModel(alias: String) async throws {
    let request = ModelRequest(model: alias, messages: [ModelMessage(.user, "hi")], skills: [])
    let response = try await ModelRouter().complete(request) { _ in }
    #expect(response.model == "builtin/demo")
  }

  @Test(arguments: ["gpt-5", "", "Default", "builtin/demo "])
  func anotherAliasIsUnknown(alias: String) async {
    let request = ModelRequest(model: alias, messages: [], skills: [])
    let failure = await #expect(throws: StepFailure.self) {
      try await ModelRouter().complete(request) { _ in }
    }
    #expect(failure?.class == .badInput)
    #expect(failure?.code == "unknown_model")
  }
}
