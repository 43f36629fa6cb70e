import Jobs
import Testing

@Suite struct AgentInputTests {
  @Test(arguments: ["hello" as JSONValue, ["message": "hello"]])
  func aStringOrAnObjectWithAMessageIsTheMessage(input: JSONValue) throws {
    #expect(try AgentInput.message(of: input) == "hello")
  }

  @Test func aSpaceWithAnAccentIsAText() throws {
    #expect(try AgentInput.message(of: " \u{301}") == " \u{301}")
  }

  @Test(
    arguments: [
      .null, 7, true, [], ["hello"], [:], "", " \n", "\r\n\u{3000}", ["message": 7],
      ["message": ""],
      ["message": "hello", "extra": 1], ["text": "hello"],
    ] as [JSONValue])
  func anythingElseIsInvalid(input: JSONValue) {
    let failure = #expect(throws: StepFailure.self) { try AgentInput.message(of: input) }
    #expect(failure?.class == .badInput)
    #expect(failure?.code == "invalid_input")
  }
}
