/// Makes a provider's error message fit to be shown: one short line without keys.
struct MessageRedaction: Sendable {
  /// The most characters that are shown.
  static let maximumLength = 300
  private static let removed = "[removed]"

  private let key: APIKey?

  init(key: APIKey?) { self.key = key }

  /// The message without the configured key, without words that look like one (`sk-…`, `***`, what
  /// follows `Bearer`), without queries of URLs and without control characters.
  func shown(_ message: String) -> String {
    var text = message
    if let key { text = Self.replacing(key.secret, in: text) }
    // Far more than is shown, so that a long body costs nothing; no key is cut in half by it.
    var wasBearer = false
    let words = text.split(whereSeparator: Self.isSpace).prefix(1000).map { word in
      defer { wasBearer = word.lowercased().hasSuffix("bearer") }
      return wasBearer ? Self.removed : Self.redacted(word)
    }
    let line = words.joined(separator: " ")
    return line.count <= Self.maximumLength
      ? line : String(line.prefix(Self.maximumLength - 1)) + "…"
  }

  private static func replacing(_ secret: String, in text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    let secret = Array(secret.utf8)
    while let first = rest.first {
      if rest.starts(with: secret) {
        bytes += removed.utf8
        rest = rest.dropFirst(secret.count)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The word with its key-like parts replaced; a part ends at punctuation that no key has.
  private static func redacted(_ word: Substring) -> String {
    let isURL = word.contains("://")
    let visible = isURL ? word.prefix { $0 != "?" } : word
    var shown = ""
    var part = ""
    for character in visible {
      if isKeyCharacter(character) {
        part.append(character)
      } else {
        shown += looksLikeKey(part) ? removed : part
        shown.append(character)
        part = ""
      }
    }
    return shown + (looksLikeKey(part) ? removed : part)
  }

  private static func looksLikeKey(_ part: String) -> Bool {
    part.contains("***")
      || part.lowercased().split(separator: ".").contains { word in
        word.hasPrefix("sk-") || word.hasPrefix("sk_")
      }
  }

  private static func isKeyCharacter(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "-_*.".contains(character)
  }

  private static func isSpace(_ character: Character) -> Bool {
    character.isWhitespace
      || character.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control }
  }
}
