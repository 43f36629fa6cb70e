import Jobs

extension JSONValue {
  /// The value as YAML 1.2: block collections, keys sorted; a string is plain where no reader of
  /// YAML 1.1 or 1.2 could take it for anything else, and double-quoted otherwise.
  var yaml: String { yamlLines().joined(separator: "\n") }

  private func yamlLines() -> [String] {
    switch self {
    case .array(let elements) where !elements.isEmpty:
      elements.flatMap { Self.item("- ", $0.yamlLines()) }
    case .object(let members) where !members.isEmpty:
      members.sortedByKey.flatMap { key, value in
        let name = Self.scalar(key) + ":"
        return value.isBlock
          ? [name] + value.yamlLines().map { "  " + $0 } : ["\(name) \(value.yamlLines()[0])"]
      }
    case .string(let text):
      [Self.scalar(text)]
    default:
      [compact(escaping: true)]
    }
  }

  private var isBlock: Bool {
    switch self {
    case .array(let elements): !elements.isEmpty
    case .object(let members): !members.isEmpty
    default: false
    }
  }

  private static func item(_ mark: String, _ lines: [String]) -> [String] {
    lines.enumerated().map { ($0.offset == 0 ? mark : "  ") + $0.element }
  }

  /// A JSON string is a double-quoted YAML scalar.
  private static func scalar(_ text: String) -> String {
    isPlain(text) ? text : JSONValue.string(text).compact(escaping: true)
  }

  /// Letters, digits and a few marks inside, a letter first, and no word with a meaning.
  private static func isPlain(_ text: String) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.last != 0x20 else { return false }
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
    guard !words.contains(text.lowercased()) else { return false }
    return text.utf8.allSatisfy {
      isLetter($0) || (0x30...0x39).contains($0) || "_-./ ".utf8.contains($0)
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
