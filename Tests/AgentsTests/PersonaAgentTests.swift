import Jobs
import Synchronization
import Testing

@testable import Agents

@Suite struct PersonaAgentTests {
  private let agent = PersonaAgent(
    AgentDefinition(
      name: "test", description: "Tests.", instructions: "Be brief.", skills: [],
      model: "some-model", maximumTurns: 3))
  private let skill = SkillDefinition(
    name: "files.read", description: "Reads.", input: [:], output: [:], safety: .pure)

  @Test func theFirstTurnTellsInstructionsMessageAndSkills() async throws {
    let model = ScriptedModel(text: "Hi.")
    let input = AgentTurnInput(input: ["message": "Hello"], history: [], skills: [skill])
    let deltas = Mutex<[String]>([])
    let response = try await agent.turn(input, model: model) { delta in
      deltas.withLock { $0.append(delta) }
    }
    #expect(response.text == "Hi.")
    #expect(response.model == "test/scripted")
    #expect(deltas.withLock { $0 } == ["Hi."])
    let request = try #require(model.requests.first)
    #expect(request.model == "some-model")
    #expect(request.skills == [skill])
    #expect(request.messages == [ModelMessage(.system, "Be brief."), ModelMessage(.user, "Hello")])
  }

  @Test func laterTurnsTellResultsAndFailuresInTheOrderOfTheCalls() async throws {
    let calls = [
      ModelCall(id: "b", skill: "files.read", arguments: ["path": "x"]),
      ModelCall(id: "a", skill: "files.read", arguments: ["path": "y"]),
      ModelCall(id: "c", skill: "files.read", arguments: [:]),
    ]
    let failure = StepFailure(.badInput, code: "file_not_found", message: "No.")
    let turn = AgentTurn(
      text: "Reading.", calls: calls,
      results: ["a": .success(["content": "Y"]), "b": .failure(failure)])
    let model = ScriptedModel(text: "Done.")
    let input = AgentTurnInput(input: "Go", history: [turn], skills: [skill])
    _ = try await agent.turn(input, model: model) { _ in }
    let messages = try #require(model.requests.first).messages.dropFirst(2)
    #expect(
      Array(messages) == [
        ModelMessage(.assistant, "Reading.", calls: calls),
        ModelMessage(
          .tool, #"{"error":{"class":"bad_input","code":"file_not_found","message":"No."}}"#,
          callID: "b"),
        ModelMessage(.tool, #"{"content":"Y"}"#, callID: "a"),
        ModelMessage(
          .tool,
          #"{"error":{"class":"internal","code":"result_missing","#
            + #""message":"The result of this call was lost."}}"#, callID: "c"),
      ])
  }

  @Test func callsOfUnknownSkillsPassThroughForTheRuntimeToAnswer() async throws {
    let call = ModelCall(id: "1", skill: "no.such", arguments: 7)
    let input = AgentTurnInput(input: "Go", history: [], skills: [skill])
    let response = try await agent.turn(input, model: ScriptedModel(text: "", calls: [call])) { _ in
    }
    #expect(response.calls == [call])
    let check = try SkillCallCheck(skills: input.skills)
    #expect(check.failure(of: call)?.code == "skill_not_allowed")
  }

  @Test func callIdsAreMadeUnique() {
    let ids = ["a", "a", "", "call-2", ""]
    let calls = ids.map { ModelCall(id: $0, skill: "s.s", arguments: [:]) }
    #expect(
      PersonaAgent.distinct(calls).map(\.id) == ["a", "call-2", "call-3", "call-4", "call-5"])
  }

  @Test func anInputOfAnotherFormNeverReachesTheModel() async {
    let model = ScriptedModel(text: "")
    let input = AgentTurnInput(input: 7, history: [], skills: [])
    await #expect(throws: StepFailure.self) { try await agent.turn(input, model: model) { _ in } }
    #expect(model.requests.isEmpty)
  }
}
