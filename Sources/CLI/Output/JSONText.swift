import Jobs

extension JSONValue {
  /// One line, keys sorted.
  ///
  /// - Parameter escaping: Whether what acts on a terminal is written as `\uXXXX`, which means the
  ///   same in JSON.
  func compact(escaping: Bool) -> String {
    let text = String(decoding: json, as: UTF8.self)
    guard escaping, text.unicodeScalars.contains(where: TerminalText.acts) else { return text }
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      // All that act lie in the basic plane, and only strings can hold them here.
      let digits = String(scalar.value, radix: 16)
      let escape = "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      safe.append(contentsOf: (TerminalText.acts(scalar) ? escape : String(scalar)).unicodeScalars)
    }
    return String(safe)
  }

  /// Several lines, two spaces per level, keys sorted.
  func indented(escaping: Bool, level: Int = 0) -> String {
    let inner = String(repeating: "  ", count: level + 1)
    let outer = String(repeating: "  ", count: level)
    switch self {
    case .array(let elements) where !elements.isEmpty:
      let lines = elements.map { inner + $0.indented(escaping: escaping, level: level + 1) }
      return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
    case .object(let members) where !members.isEmpty:
      let lines = members.sortedByKey.map { key, value in
        let name = JSONValue.string(key).compact(escaping: escaping)
        return "\(inner)\(name): \(value.indented(escaping: escaping, level: level + 1))"
      }
      return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
    default:
      return compact(escaping: escaping)
    }
  }
}

extension [String: JSONValue] {
  /// By the keys' UTF-8 bytes.
  var sortedByKey: [(key: String, value: JSONValue)] {
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
