import FoundationEssentials
import Jobs

/// How a file's bytes stand in a JSON string.
enum FileEncoding: String {
  case utf8 = "utf-8"
  case base64

  /// The schema of the argument and of the result's member.
  static var schema: JSONValue { ["enum": ["utf-8", "base64"], "default": "utf-8"] }

  /// Takes the argument `encoding`.
  init(_ call: SkillCall) throws {
    let name = try call.optionalText("encoding") ?? Self.utf8.rawValue
    guard let encoding = Self(rawValue: name) else {
      throw StepFailure(
        .badInput, code: "invalid_arguments", message: "/encoding must be utf-8 or base64.")
    }
    self = encoding
  }

  /// Encodes bytes of a file.
  ///
  /// - Parameter isEnd: Whether the file ends here; if not, a character that was cut is left for
  ///   the next part.
  /// - Returns: The text and how many of the bytes it stands for.
  /// - Throws: ``StepFailure`` `bad_input`, `not_text` for bytes that are no UTF-8 or hold NUL,
  ///   which no JSON store of ours takes.
  func text(of bytes: [UInt8], isEnd: Bool, _ path: WorkspacePath) throws -> (String, Int) {
    if self == .base64 { return (Data(bytes).base64EncodedString(), bytes.count) }
    let whole = isEnd ? bytes[...] : bytes.dropLast(Self.cutBytes(bytes))
    guard !whole.contains(0), let text = String(validating: whole, as: UTF8.self) else {
      throw StepFailure(
        .badInput, code: "not_text",
        message: "\(path.quoted) is not UTF-8 text at this place; ask for the encoding base64.")
    }
    return (text, whole.count)
  }

  /// Decodes a text into the bytes of a file.
  ///
  /// - Throws: ``StepFailure`` `bad_input`, `invalid_base64`.
  func bytes(of text: String) throws -> [UInt8] {
    if self == .utf8 { return [UInt8](text.utf8) }
    guard let data = Data(base64Encoded: text) else {
      throw StepFailure(
        .badInput, code: "invalid_base64", message: "/content is not base64 (RFC 4648, section 4).")
    }
    return [UInt8](data)
  }

  /// How many bytes at the end begin a character that is not whole.
  private static func cutBytes(_ bytes: [UInt8]) -> Int {
    for (back, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
      let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return needed > back + 1 ? back + 1 : 0
    }
    return 0
  }
}
