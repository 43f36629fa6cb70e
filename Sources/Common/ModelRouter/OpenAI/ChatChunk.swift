import Jobs

/// One part of an answer on the wire: a chunk of a stream, or the one document of a server that
/// does not stream.
///
/// Members that are unknown, missing or of another type than they should be are taken for absent,
/// since the servers that speak this protocol differ in all but the core of it.
struct ChatChunk: Sendable {
  /// One part of one call.
  struct CallPart: Sendable {
    /// Which call of the answer it belongs to.
    var index: Int?
    var id: String?
    var name: String?
    var arguments: String?
  }

  let model: String?
  /// Content, or what a model says instead of it when it declines.
  let text: String
  let calls: [CallPart]
  let finishReason: String?
  /// Tokens of the request and of the answer.
  let tokens: (input: Int, output: Int)?

  /// - Returns: `nil` for anything but an object with `choices` or `usage`.
  init?(_ value: JSONValue) {
    let choices = value["choices"]?.elements
    guard choices != nil || value["usage"] != nil else { return nil }
    model = value["model"]?.text
    tokens = Self.tokens(value["usage"])
    // No other choice was asked for.
    let choice = choices?.first { ($0["index"]?.int ?? 0) == 0 }
    finishReason = choice?["finish_reason"]?.text
    let delta = choice?["delta"] ?? choice?["message"]
    let said = Self.text(delta?["content"]) + (delta?["refusal"]?.text ?? "")
    // No text of a database holds U+0000.
    text = said.utf8.contains(0) ? said.replacingNUL : said
    calls = (delta?["tool_calls"]?.elements ?? []).map(Self.part)
  }

  /// A string, or a list of parts as some servers give it.
  private static func text(_ content: JSONValue?) -> String {
    content?.text ?? (content?.elements ?? []).compactMap { $0["text"]?.text }.joined()
  }

  private static func part(_ value: JSONValue) -> CallPart {
    let function = value["function"]
    let arguments =
      switch function?["arguments"] {
      case .string(let text)?: text
      case .object(let members)?: String(decoding: JSONValue.object(members).json, as: UTF8.self)
      default: String?.none
      }
    return CallPart(
      index: value["index"]?.int.flatMap(Int.init(exactly:)), id: value["id"]?.text,
      name: function?["name"]?.text, arguments: arguments)
  }

  private static func tokens(_ usage: JSONValue?) -> (input: Int, output: Int)? {
    guard let input = usage?["prompt_tokens"]?.int, let output = usage?["completion_tokens"]?.int,
      input >= 0, output >= 0
    else { return nil }
    return (Int(clamping: input), Int(clamping: output))
  }
}

extension String {
  /// The text with U+FFFD in place of U+0000.
  fileprivate var replacingNUL: String {
    var scalars = UnicodeScalarView()
    for scalar in unicodeScalars { scalars.append(scalar.value == 0 ? "\u{FFFD}" : scalar) }
    return String(scalars)
  }
}
