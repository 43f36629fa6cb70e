extension String {
  /// The text as lines of at most so many columns, broken between characters; a tab counts as two
  /// spaces.
  func wrapped(to width: Int) -> [String] {
    split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      var lines: [String] = []
      var current = ""
      var used = 0
      for character in String(line).replacing("\t", with: "  ") {
        let columns = String(character).displayWidth
        if used + columns > max(2, width) {
          lines.append(current)
          (current, used) = ("", 0)
        }
        current.append(character)
        used += columns
      }
      return lines + [current]
    }
  }
}

extension Duration {
  /// For people: `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`.
  var brief: String {
    let seconds = max(0, components.seconds)
    let tenths = components.attoseconds / 100_000_000_000_000_000
    switch seconds {
    case ..<10: return "\(seconds).\(max(0, tenths)) s"
    case ..<60: return "\(seconds) s"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s"
    case ..<172_800: return "\(seconds / 3600) h \(seconds / 60 % 60) min"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }
}
