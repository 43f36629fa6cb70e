import HTTPTypes

extension HTTPRequest {
  /// Replaces every character from U+0300 on, in the target and in header values, by U+FFFD.
  ///
  /// Combining marks begin there, and Swift compares strings in time quadratic in a run of them:
  /// without this, one header of 90 KiB costs whoever compares it a second. Nothing that a route
  /// understands holds such characters.
  ///
  /// - Returns: Whether there was anything to replace.
  mutating func replaceMarks() -> Bool {
    var isChanged = false
    if let path, let replaced = HTTPRequest.withoutMarks(path) {
      self.path = replaced
      isChanged = true
    }
    if let authority, let replaced = HTTPRequest.withoutMarks(authority) {
      self.authority = replaced
      isChanged = true
    }
    for index in headerFields.indices {
      guard let replaced = HTTPRequest.withoutMarks(headerFields[index].value) else { continue }
      headerFields[index].value = replaced
      isChanged = true
    }
    return isChanged
  }

  /// - Returns: `nil` when the text may stay as it is.
  private static func withoutMarks(_ text: String) -> String? {
    // UTF-8 of U+0300 begins with 0xCC, and nothing smaller begins with more.
    guard text.utf8.contains(where: { $0 >= 0xCC }) else { return nil }
    var replaced = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      replaced.append(scalar.value < 0x300 ? scalar : "\u{FFFD}")
    }
    return String(replaced)
  }
}
