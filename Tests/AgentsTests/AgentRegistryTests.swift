import Agents
import Jobs
import Testing

@Suite struct AgentRegistryTests {
  @Test func everyAgentHasAWellFormedNameOnceAndCanTakeATurn() {
    let definitions = AgentRegistry.agents.map(\.definition)
    for definition in definitions {
      #expect(Target("agent:\(definition.name)") != nil)
      #expect(!definition.instructions.isEmpty)
      #expect(definition.maximumTurns > 0)
    }
    #expect(definitions.map(\.name) == Set(definitions.map(\.name)).sorted())
  }

  @Test func mainMayUseEverySkill() throws {
    let main = try #require(AgentRegistry.agents.first { $0.definition.name == "main" })
    #expect(main.definition.skills.contains { $0.matches(.skill("files.read")) })
    #expect(!main.definition.skills.contains { $0.matches(.agent("main")) })
  }
}
