import Agents
import Jobs
import ModelRouter
import Testing

@Suite struct BuiltinModelAgentTests {
  private let skills = ["files.read", "files.write"].map {
    SkillDefinition(name: $0, description: "", input: [:], output: [:], safety: .idempotent)
  }

  @Test func mainAndTheBuiltinModelSummarizeAFileInThreeTurns() async throws {
    let agent = try #require(AgentRegistry.agents.first { $0.definition.name == "main" })
    let results: [JSONValue] = [
      ["content": "# Tea\n\nTea is a drink made of leaves. It is served hot or cold."],
      ["path": "short.md", "bytes": 100],
    ]
    var history: [AgentTurn] = []
    for result in results {
      let response = try await turn(agent, history)
      #expect(response.calls.count == 1)
      history.append(
        AgentTurn(
          text: response.text, calls: response.calls,
          results: Dictionary(
            uniqueKeysWithValues: response.calls.map { ($0.id, .success(result)) })))
    }
    #expect(history.flatMap(\.calls).map(\.skill) == ["files.read", "files.write"])
    let last = try await turn(agent, history)
    #expect(last.calls.isEmpty)
    #expect(last.model == "builtin/demo")
    #expect(last.text.contains("short.md: 2 of its 2 sentences"))
  }

  @Test func aCallThatTheRuntimeRefusedIsToldToTheUser() async throws {
    let agent = try #require(AgentRegistry.agents.first { $0.definition.name == "main" })
    let response = try await turn(agent, [])
    let failure = StepFailure(.refused, code: "skill_not_allowed", message: "Not allowed.")
    let results = Dictionary(
      uniqueKeysWithValues: response.calls.map {
        ($0.id, Result<JSONValue, StepFailure>.failure(failure))
      })
    let history = [AgentTurn(text: response.text, calls: response.calls, results: results)]
    let last = try await turn(agent, history)
    #expect(last.text == "I could not read tea.md: Not allowed. (skill_not_allowed)")
  }

  private func turn(_ agent: any Agent, _ history: [AgentTurn]) async throws -> ModelResponse {
    let input = AgentTurnInput(
      input: ["message": "summarize tea.md into short.md"], history: history, skills: skills)
    return try await agent.turn(input, model: ModelRouter()) { _ in }
  }
}
