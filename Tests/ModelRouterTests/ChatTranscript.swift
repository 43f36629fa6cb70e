import HTTP
import Jobs

@testable import ModelRouter

/// Plays a stream's bytes through the parser and the assembler, as the provider does.
struct ChatTranscript {
  var progress: [ModelProgress] = []
  let answer: ModelAnswer

  static let key = "sk-configured-key"

  /// - Parameter cuts: Where the bytes are cut before they are pushed.
  init(
    _ stream: [UInt8], cuts: [Int] = [], skills: [String] = ["files.read", "system.clock"]
  ) throws {
    var parser = ServerSentEventParser()
    var chat = ChatAssembler(redaction: MessageRedaction(key: APIKey(Self.key)))
    for (start, end) in zip([0] + cuts, cuts + [stream.count]) {
      parser.push(Array(stream[start..<end]))
      while let event = try parser.next() {
        if let new = try chat.take(event) { progress.append(new) }
      }
    }
    answer = try chat.answer(
      to: .saying("hello, you"), model: "asked", names: FunctionNames(skills: skills))
  }

  /// One event for each text.
  init(events: [String], skills: [String] = ["files.read", "system.clock"]) throws {
    try self.init(Array(events.map { "data: \($0)\n\n" }.joined().utf8), skills: skills)
  }

  var pieces: [String] {
    progress.compactMap { if case .text(let piece) = $0 { piece } else { nil } }
  }

  /// A chunk with this delta, in JSON.
  static func delta(_ delta: String, finish: String? = nil) -> String {
    let reason = finish.map { "\"\($0)\"" } ?? "null"
    return #"{"choices":[{"index":0,"delta":\#(delta),"finish_reason":\#(reason)}]}"#
  }

  /// A chunk with this part of a call.
  static func call(_ part: String) -> String { delta(#"{"tool_calls":[\#(part)]}"#) }
}
