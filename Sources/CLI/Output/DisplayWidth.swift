extension String {
  /// How many columns a terminal gives to the text, which holds no control characters.
  var displayWidth: Int { reduce(0) { $0 + $1.displayWidth } }

  /// The text cut to a width, with an ellipsis where something is missing.
  func fitted(to width: Int) -> String {
    guard displayWidth > width else { return self }
    var fitted = ""
    var used = 0
    for character in self {
      guard used + character.displayWidth <= width - 1 else { break }
      fitted.append(character)
      used += character.displayWidth
    }
    return fitted + "…"
  }

  /// The text with spaces behind it up to a width.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - displayWidth))
  }
}

extension Character {
  /// 0 for a lone mark, 2 for what East Asian Width calls wide and for emoji, else 1.
  fileprivate var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    let isEmoji =
      first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}")
    return isEmoji || Self.isWide(first.value) ? 2 : 1
  }

  /// The large blocks of EastAsianWidth.txt (Unicode 15) with W or F.
  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
