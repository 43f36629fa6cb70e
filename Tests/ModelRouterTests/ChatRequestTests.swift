import Jobs
import Testing

@testable import ModelRouter

@Suite struct ChatRequestTests {
  private func wire(_ messages: [ModelMessage], skills: [SkillDefinition] = []) -> JSONValue {
    let names = FunctionNames(skills: skills.map(\.name))
    let request = ModelRequest(model: "default", messages: messages, skills: skills)
    return ChatRequest(request, model: "gpt-x", names: names).json
  }

  @Test func aConversationWithoutSkillsIsMessagesAndNoTools() {
    let sent = wire([ModelMessage(.system, "Be brief."), ModelMessage(.user, "hi")])
    #expect(
      sent == [
        "model": "gpt-x", "stream": true, "stream_options": ["include_usage": true],
        "messages": [
          ["role": "system", "content": "Be brief."], ["role": "user", "content": "hi"],
        ],
      ])
  }

  @Test func callsAndTheirResultsGoBackUnderTheirWireNames() {
    let call = ModelCall(id: "c1", skill: "files.read", arguments: ["path": "a.txt"])
    let sent = wire(
      [
        ModelMessage(.user, "read"), ModelMessage(.assistant, "", calls: [call]),
        ModelMessage(.tool, #"{"content":"x"}"#, callID: "c1"),
      ], skills: [.named("files.read")])
    #expect(
      sent["messages"]?.elements?.dropFirst() == [
        [
          "role": "assistant", "content": .null,
          "tool_calls": [
            [
              "id": "c1", "type": "function",
              "function": ["name": "files_read", "arguments": #"{"path":"a.txt"}"#],
            ]
          ],
        ],
        ["role": "tool", "tool_call_id": "c1", "content": #"{"content":"x"}"#],
      ])
    #expect(
      sent["tools"] == [
        [
          "type": "function",
          "function": [
            "name": "files_read", "description": "Does files.read.",
            "parameters": ["type": "object", "properties": [:]],
          ],
        ]
      ])
  }

  @Test(arguments: [JSONValue.string(#"{"path": "a.t"#), .array([1]), .integer(3)])
  func argumentsThatWereNoObjectGoBackInsideOne(arguments: JSONValue) throws {
    let call = ModelCall(id: "c1", skill: "rm -rf", arguments: arguments)
    let sent = wire([ModelMessage(.assistant, "Well.", calls: [call])])
    let message = sent["messages"]?.elements?.first
    let function = message?["tool_calls"]?.elements?.first?["function"]
    #expect(function?["name"] == "rm_-rf")
    let text = try #require(function?["arguments"]?.text)
    #expect(try JSONValue(json: text.utf8) == ["not_an_object": arguments])
    #expect(message?["content"] == "Well.")
  }

  @Test func aSchemaOfAnotherFormIsMadeAnObjects() {
    let skill = SkillDefinition(
      name: "a.b", description: String(repeating: "d", count: 2000), input: [:], output: [:],
      safety: .pure)
    let function = wire([], skills: [skill])["tools"]?.elements?.first?["function"]
    #expect(function?["parameters"] == ["type": "object", "properties": [:]])
    #expect(function?["description"]?.text?.count == 1024)
  }
}
