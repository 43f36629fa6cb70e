import Jobs
import Testing

@testable import ModelRouter

@Suite struct CallAssemblerTests {
  private typealias Chat = ChatTranscript

  /// Each part as the server sends it; what comes out as `id name arguments`.
  private func calls(_ parts: String...) throws -> [String] {
    let events = parts.map(Chat.call) + [Chat.delta("{}", finish: "tool_calls")]
    return try Chat(events: events).answer.calls.map { call in
      "\(call.id) \(call.skill) \(String(decoding: call.arguments.json, as: UTF8.self))"
    }
  }

  @Test func interleavedPartsFindTheirCallsByIndex() throws {
    let found = try calls(
      #"{"index":0,"id":"a","type":"function","function":{"name":"files_read","arguments":""}}"#,
      #"{"index":1,"id":"b","type":"function","function":{"name":"system_clock","arguments":""}}"#,
      #"{"index":1,"function":{"arguments":"{\"time_zone\""}}"#,
      #"{"index":0,"function":{"arguments":"{\"pa"}}"#,
      #"{"index":0,"function":{"arguments":"th\":\"a.txt\"}"}}"#,
      #"{"index":1,"function":{"arguments":":\"UTC\"}"}}"#)
    #expect(
      found == [#"a files.read {"path":"a.txt"}"#, #"b system.clock {"time_zone":"UTC"}"#])
  }

  @Test func theOrderIsThatOfTheIndices() throws {
    let found = try calls(
      #"{"index":5,"id":"b","function":{"name":"y","arguments":"{}"}}"#,
      #"{"index":2,"id":"a","function":{"name":"x","arguments":"{}"}}"#)
    #expect(found == ["a x {}", "b y {}"])
  }

  @Test func severalCallsMayComeInOneChunk() throws {
    let found = try calls(
      #"{"index":0,"id":"a","function":{"name":"x"}},{"index":1,"id":"b","function":{"name":"y"}}"#)
    #expect(found == ["a x {}", "b y {}"])
  }

  @Test(arguments: ["", " \\n", "{}", "null"])
  func nothingMeansNoArguments(text: String) throws {
    let found = try calls(#"{"index":0,"id":"a","function":{"name":"x","arguments":"\#(text)"}}"#)
    #expect(found == ["a x {}"])
  }

  @Test func argumentsMayBeAnObjectAlready() throws {
    let found = try calls(#"{"index":0,"id":"a","function":{"name":"x","arguments":{"n":1}}}"#)
    #expect(found == [#"a x {"n":1}"#])
  }

  @Test func argumentsThatAreNoObjectAreToldToTheModel() throws {
    let check = try SkillCallCheck(skills: [.named("files.read")])
    for text in [#"{\"path\": \"a.t"#, "[1]", "3", #"{\"a\":1,\"a\":2}"#, #"{\"a\":\"\\u0000\"}"#] {
      let part = #"{"index":0,"id":"a","function":{"name":"files_read","arguments":"\#(text)"}}"#
      let chat = try Chat(events: [Chat.call(part), Chat.delta("{}", finish: "tool_calls")])
      let call = try #require(chat.answer.calls.first)
      let failure = check.failure(of: call)
      #expect(failure?.code == "invalid_arguments")
      #expect(failure?.message.hasSuffix("the arguments must be of type object.") == true)
    }
  }

  @Test func idsThatAreMissingOrTakenAreMadeUp() throws {
    let found = try calls(
      #"{"index":0,"function":{"name":"x"}}"#, #"{"index":1,"id":"","function":{"name":"y"}}"#,
      #"{"index":2,"id":"call-1","function":{"name":"z"}}"#)
    #expect(found == ["call-1 x {}", "call-2 y {}", "call-3 z {}"])
  }

  @Test func wholeCallsWithoutAnIndexAreApart() throws {
    let found = try calls(
      #"{"id":"a","function":{"name":"x","arguments":"{\"n\":1}"}}"#,
      #"{"id":"b","function":{"name":"x","arguments":"{\"n\":"}}"#,
      #"{"function":{"arguments":"2}"}}"#)
    #expect(found == [#"a x {"n":1}"#, #"b x {"n":2}"#])
  }

  @Test func wholeCallsUnderOneIndexAreApart() throws {
    let found = try calls(
      #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\":1}"}}"#,
      #"{"index":0,"id":"b","function":{"name":"y","arguments":"{\"n\":2}"}}"#)
    #expect(found == [#"a x {"n":1}"#, #"b y {"n":2}"#])
  }

  @Test func idsAndNamesThatAreRepeatedMeanTheSameCall() throws {
    let found = try calls(
      #"{"index":0,"id":"a","function":{"name":"x","arguments":"{\"n\""}}"#,
      #"{"index":0,"id":"a","function":{"name":"x","arguments":":1"}}"#,
      #"{"index":0,"id":"other","function":{"name":null,"arguments":"}"}}"#)
    #expect(found == [#"a x {"n":1}"#])
  }

  @Test func namesOfNoSkillPassAsTheyAre() throws {
    let found = try calls(#"{"index":0,"id":"a","function":{"name":"files.delete_all"}}"#)
    #expect(found == ["a files.delete_all {}"])
  }

  @Test func tooManyCallsAreNoAnswer() {
    let parts = (0...CallAssembler.maximumCalls).map { Chat.call(#"{"index":\#($0)}"#) }
    let failure = #expect(throws: StepFailure.self) { try Chat(events: parts) }
    #expect(failure?.code == "provider_protocol")
  }
}
