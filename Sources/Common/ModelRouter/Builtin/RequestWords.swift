/// A word of a request, or a quoted text, which counts as one.
struct RequestWord {
  /// Without its quotes, or without the punctuation behind it.
  let text: String
  let isQuoted: Bool
  /// Where it stands in the request, quotes included.
  let range: Range<String.Index>

  /// In lower case; `nil` for quoted words, which are never part of a phrase.
  let keyword: String?
}

/// Reads a request word by word.
struct RequestWords {
  let source: String
  let words: [RequestWord]
  var position = 0

  init(_ source: String) {
    self.source = source
    words = Self.words(of: source)
  }

  var isAtEnd: Bool { position == words.count }

  /// Goes past the first of the phrases that comes next; a phrase is words with single spaces.
  mutating func take(_ phrases: [String]) -> Bool {
    for phrase in phrases {
      let wanted = phrase.split(separator: " ")
      let next = words[position...].prefix(wanted.count)
      if next.count == wanted.count, zip(next, wanted).allSatisfy({ $0.keyword == String($1) }) {
        position += wanted.count
        return true
      }
    }
    return false
  }

  /// Goes past as many of the phrases as come next.
  mutating func skip(_ phrases: [String]) { while take(phrases) {} }

  /// Takes the next word as a name.
  mutating func takeName() -> String? {
    guard position < words.count, !words[position].text.isEmpty else { return nil }
    defer { position += 1 }
    return words[position].text
  }

  /// The text from one word up to another, as it was written; a single quoted text without quotes.
  func text(_ range: Range<Int>) -> String? {
    guard let first = words[range].first, let last = words[range].last else { return nil }
    if range.count == 1 && first.isQuoted { return first.text }
    return String(source[first.range.lowerBound..<last.range.upperBound])
  }

  private static let quotes: [Character: Character] = [
    "\"": "\"", "'": "'", "`": "`", "“": "”", "‘": "’", "«": "»",
  ]
  private static let punctuation: Set<Character> = [".", ",", "!", "?", ";", ":"]

  private static func words(of source: String) -> [RequestWord] {
    var words: [RequestWord] = []
    var unclosed: Set<Character> = []
    var index = source.startIndex
    while let start = source[index...].firstIndex(where: { !$0.isWhitespace }) {
      let quote = source[start]
      if let close = quotes[quote], !unclosed.contains(quote) {
        if let word = quoted(source, start, close) {
          words.append(word)
          index = source[word.range.upperBound...].firstIndex { $0.isWhitespace } ?? source.endIndex
          continue
        }
        unclosed.insert(quote)  // so that each kind is looked for in vain but once
      }
      index = source[start...].firstIndex { $0.isWhitespace } ?? source.endIndex
      words.append(plain(source, start..<index))
    }
    return words
  }

  /// A text from its opening quote to a closing one that ends a word.
  private static func quoted(
    _ source: String, _ start: String.Index, _ close: Character
  ) -> RequestWord? {
    let inside = source.index(after: start)
    var from = inside
    while let end = source[from...].firstIndex(of: close) {
      let after = source.index(after: end)
      let rest = source[after...].first { !punctuation.contains($0) }
      if rest?.isWhitespace ?? true {
        return RequestWord(
          text: String(source[inside..<end]), isQuoted: true, range: start..<after, keyword: nil)
      }
      from = after
    }
    return nil
  }

  private static func plain(_ source: String, _ range: Range<String.Index>) -> RequestWord {
    var text = source[range]
    // `.` and `..` are paths of nothing but punctuation.
    if text.contains(where: { !punctuation.contains($0) }) {
      while let last = text.last, punctuation.contains(last) { text.removeLast() }
    }
    let keyword = text.lowercased().replacing("’", with: "'")
    return RequestWord(text: String(text), isQuoted: false, range: range, keyword: keyword)
  }
}
