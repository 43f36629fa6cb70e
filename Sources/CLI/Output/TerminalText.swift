/// Text from elsewhere, made harmless for a terminal.
enum TerminalText {
  /// Replaces control characters and those that reorder text by `\u{1b}` and the like.
  ///
  /// - Parameter keepsLines: Whether line feeds and tabs stay as they are.
  static func neutralized(_ text: String, keepsLines: Bool) -> String {
    guard text.unicodeScalars.contains(where: { acts($0) }) else { return text }
    var safe = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if acts(scalar), !(keepsLines && (scalar == "\n" || scalar == "\t")) {
        let name = scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
        safe.append(contentsOf: name.unicodeScalars)
      } else {
        safe.append(scalar)
      }
    }
    return String(safe)
  }

  /// Whether a terminal may do more than draw it: C0, DEL, C1, line and bidirectional controls.
  static func acts(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...0x1F, 0x7F...0x9F, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
