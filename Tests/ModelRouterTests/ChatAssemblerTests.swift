import Jobs
import Testing

@testable import ModelRouter

@Suite struct ChatAssemblerTests {
  private typealias Chat = ChatTranscript

  private func failure(_ events: [String]) -> StepFailure? {
    #expect(throws: StepFailure.self) { try Chat(events: events) }
  }

  @Test func deltasArriveInOrderAndMakeTheText() throws {
    let chat = try Chat(events: [
      Chat.delta(#"{"role":"assistant","content":"","refusal":null}"#),
      Chat.delta(#"{"content":"Hé"}"#), Chat.delta(#"{"content":"llo"}"#),
      Chat.delta("{}", finish: "stop"),
      #"{"model":"gpt-x-1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
      "[DONE]",
    ])
    #expect(chat.progress == [.text("Hé"), .text("llo")])
    #expect(chat.answer.text == "Héllo" && chat.answer.calls.isEmpty)
    #expect(chat.answer.model == "gpt-x-1")
    #expect(
      chat.answer.usage == ModelUsage(inputTokens: 5, outputTokens: 2, isEstimated: false))
  }

  @Test func whereTheBytesAreCutMeansNothing() throws {
    let lines = [
      ": keep-alive", "",
      "data: " + Chat.delta(#"{"role":"assistant"}"#), "",
      "data: " + Chat.delta(#"{"content":"naïve 👩‍🚀\n"}"#), "",
      "data: "
        + Chat.call(#"{"index":0,"id":"c1","function":{"name":"files_read","arguments":""}}"#), "",
      "data: " + Chat.call(#"{"index":0,"function":{"arguments":"{\"path\":\"ü"}}"#), "",
      "data: " + Chat.call(#"{"index":0,"function":{"arguments":"\"}"}}"#), "",
      "data: " + Chat.delta("{}", finish: "tool_calls"), "",
      "data: [DONE]", "", "",
    ]
    for end in ["\n", "\r\n", "\r"] {
      let stream = Array(lines.joined(separator: end).utf8)
      let whole = try Chat(stream)
      #expect(whole.progress == [.text("naïve 👩‍🚀\n"), .call, .call, .call])
      #expect(
        whole.answer.calls
          == [ModelCall(id: "c1", skill: "files.read", arguments: ["path": "ü"])])
      for cut in 0...stream.count {
        let cutOnce = try Chat(stream, cuts: [cut])
        #expect(cutOnce.progress == whole.progress && cutOnce.answer == whole.answer)
      }
      let byByte = try Chat(stream, cuts: Array(1..<stream.count))
      #expect(byByte.progress == whole.progress && byByte.answer == whole.answer)
    }
  }

  @Test func withoutCountsTokensAreEstimatedAndSaidToBe() throws {
    let chat = try Chat(events: [
      Chat.delta(#"{"content":"12345678"}"#, finish: "stop"),
      #"{"choices":[],"usage":null}"#,
    ])
    #expect(chat.answer.usage == ModelUsage(inputTokens: 3, outputTokens: 2, isEstimated: true))
    #expect(chat.answer.model == "asked")
  }

  @Test func usageThatComesWithEachChunkCountsOnce() throws {
    let chat = try Chat(
      events: (1...3).map { number in
        #"{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}],"#
          + #""usage":{"prompt_tokens":7,"completion_tokens":\#(number)}}"#
      })
    #expect(
      chat.answer.usage == ModelUsage(inputTokens: 7, outputTokens: 3, isEstimated: false))
  }

  @Test func aRefusalIsTheAnswersText() throws {
    let chat = try Chat(events: [
      Chat.delta(#"{"refusal":"I "}"#), Chat.delta(#"{"refusal":"won't."}"#),
      Chat.delta("{}", finish: "stop"),
    ])
    #expect(chat.pieces == ["I ", "won't."])
    #expect(chat.answer.text == "I won't.")
  }

  @Test func unknownMembersOtherChoicesAndPartsAreReadOver() throws {
    let chat = try Chat(events: [
      #"{"choices":[{"index":1,"delta":{"content":"other"}}],"new":{"a":[1]}}"#,
      #"{"choices":[],"prompt_filter_results":[]}"#,
      Chat.delta(#"{"content":[{"type":"text","text":"in "},{"type":"text","text":"parts"}]}"#),
      Chat.delta(#"{"reasoning_content":"hm","content":null,"tool_calls":null}"#),
      Chat.delta(#"{"content":""}"#, finish: "stop"),
    ])
    #expect(chat.pieces == ["in parts"])
  }

  @Test func whatFollowsTheEndIsIgnored() throws {
    let chat = try Chat(events: [
      Chat.delta(#"{"content":"x"}"#, finish: "stop"), "[DONE]", "[DONE]", "no json",
      Chat.delta(#"{"content":"y"}"#),
    ])
    #expect(chat.answer.text == "x")
  }

  @Test func anEndIsTheReasonOrTheMark() throws {
    #expect(try Chat(events: [Chat.delta(#"{"content":"x"}"#, finish: "stop")]).answer.text == "x")
    #expect(try Chat(events: [Chat.delta(#"{"content":"x"}"#), "[DONE]"]).answer.text == "x")
    #expect(failure([Chat.delta(#"{"content":"x"}"#)])?.code == "provider_cut")
    #expect(failure([])?.class == .inDoubt)
    #expect(failure(["[DONE]"])?.code == "provider_cut")
  }

  @Test func aTextThatTheLengthLimitCutIsAnAnswer() throws {
    let chat = try Chat(events: [Chat.delta(#"{"content":"to be or"}"#, finish: "length")])
    #expect(chat.answer.text == "to be or" && chat.answer.isTruncated)
    let call = Chat.call(#"{"index":0,"id":"c","function":{"name":"files_read"}}"#)
    for events in [
      [call, Chat.delta("{}", finish: "length")], [Chat.delta("{}", finish: "length")],
    ] {
      #expect(failure(events)?.code == "output_truncated")
      #expect(failure(events)?.class == .badInput)
    }
  }

  @Test func theContentFilterIsARefusal() {
    let found = failure([
      Chat.delta(#"{"content":"x"}"#), Chat.delta("{}", finish: "content_filter"),
    ])
    #expect(found?.class == .refused && found?.code == "content_filter")
  }

  @Test(arguments: ["no json", "{", "[]", "3", #"{"hello":1}"#, "\u{FFFD}", #"{"choices":7}"#])
  func whatIsNoChunkBreaksTheProtocol(event: String) {
    let found = failure([Chat.delta(#"{"content":"x"}"#), event])
    #expect(found?.class == .transient && found?.code == "provider_protocol")
  }

  @Test func anErrorInsideTheStreamEndsIt() {
    let events = [
      (#"{"error":{"message":"Overloaded sk-abcdef0123","type":"server_error"}}"#, "transient"),
      (#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#, "rate_limited"),
      (#"{"error":{"message":"x","code":429}}"#, "rate_limited"),
      (#"{"error":"out of memory"}"#, "transient"),
      (#"{"object":"error","message":"x","code":400}"#, "bad_input"),
      (#"{"error":{"code":"context_length_exceeded"}}"#, "bad_input"),
    ]
    for (event, kind) in events {
      let found = failure([Chat.delta(#"{"content":"x"}"#), event])
      #expect(found?.class.rawValue == kind)
      #expect(found?.message.contains("sk-") == false)
    }
  }

  @Test func anEventThatCallsItselfAnErrorIsOne() {
    for data in ["it broke", #"{"message":"it broke"}"#, #"{"error":{"message":"it broke"}}"#] {
      let found = #expect(throws: StepFailure.self) {
        try Chat(Array("event: error\ndata: \(data)\n\n".utf8))
      }
      #expect(found?.message == "The model provider could not answer: it broke")
    }
  }

  @Test func eventsThatOnlyKeepTheConnectionAliveAreReadOver() throws {
    let chunk = Chat.delta(#"{"content":"x"}"#, finish: "stop")
    let stream = """
      : comment

      data:

      event: ping
      data: {"type":"ping"}

      event: completion
      data: \(chunk)


      """
    #expect(try Chat(Array(stream.utf8)).pieces == ["x"])
  }

  @Test func aNULNeverGetsThrough() throws {
    let chat = try Chat(events: [Chat.delta(#"{"content":"a\u0000b"}"#, finish: "stop")])
    #expect(chat.pieces == ["a\u{FFFD}b"] && chat.answer.text == "a\u{FFFD}b")
  }

  @Test func anAnswerWithoutEndIsStopped() throws {
    let piece = String(repeating: "x", count: 1 << 19)
    #expect(
      failure(Array(repeating: Chat.delta(#"{"content":"\#(piece)"}"#), count: 9))?.code
        == "answer_too_large")
    let part = #"{"index":0,"function":{"name":"f","arguments":"\#(piece)"}}"#
    #expect(
      failure(Array(repeating: Chat.call(part), count: 9))?.code == "answer_too_large")
  }

  @Test(arguments: ["two words", "", "line\\nbreak", "na\u{EF}ve"])
  func aModelsNameThatNoLogWantsIsNotTaken(name: String) throws {
    let chat = try Chat(events: [
      #"{"model":"\#(name)","choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}"#
    ])
    #expect(chat.answer.model == "asked")
  }

  @Test func anyDamageIsAFailureOrAnAnswer() {
    let sound = [
      Chat.delta(#"{"role":"assistant","content":"na\u00efve"}"#),
      Chat.call(#"{"index":0,"id":"c1","function":{"name":"files_read","arguments":"{\"n\""}}"#),
      Chat.call(#"{"index":0,"function":{"arguments":":-1.5e3}"}}"#),
      Chat.delta("{}", finish: "tool_calls"),
      #"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#, "[DONE]",
    ]
    let stream = Array(sound.map { "data: \($0)\n\n" }.joined().utf8)
    var random = SplitMix(state: 7)
    var failures = 0
    for _ in 0..<1000 {
      var damaged = stream
      for _ in 0...Int.random(in: 0...3, using: &random) {
        let place = Int.random(in: 0..<damaged.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: damaged[place] = UInt8.random(in: 0...255, using: &random)
        case 1: damaged.remove(at: place)
        default: damaged.insert(stream[place % stream.count], at: place)
        }
      }
      do {
        let chat = try Chat(damaged)
        #expect(chat.answer.text == chat.pieces.joined())
      } catch {
        failures += error is StepFailure ? 1 : 0
        #expect(error is StepFailure)
      }
    }
    #expect((100..<1000).contains(failures))
  }
}

/// The same numbers in each run (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
