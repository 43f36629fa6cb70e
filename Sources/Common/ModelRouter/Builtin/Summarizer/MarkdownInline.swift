/// Takes the marks out of a line of Markdown and leaves its words.
///
/// Links become their text, images and tags vanish, emphasis goes, `code` stays as it is. Looks
/// ahead and nests only so far, so that hostile text costs no more than its length.
struct MarkdownInline {
  private static let lookAhead = 600
  private static let maximumDepth = 4
  private static let entities = [
    "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "#39": "'", "nbsp": " ",
    "mdash": "—", "ndash": "–", "hellip": "…", "copy": "©",
  ]

  /// The line's words, with single spaces.
  static func plain(_ text: String) -> String {
    if text.isEmpty { return "" }
    let words = MarkdownInline(Array(text)[...], depth: 0).run()
      .split(whereSeparator: \.isWhitespace).filter { !isEmojiName($0) }
    return words.joined(separator: " ")
  }

  private let text: ArraySlice<Character>
  private let depth: Int
  private let partners: [Int: Int]
  private var index: Int
  private var output = ""
  /// Up to where a mark is known not to come, or a run of marks not to close anything.
  private var absentUntil: [String: Int] = [:]

  private init(_ text: ArraySlice<Character>, depth: Int) {
    self.text = text
    self.depth = depth
    partners = Self.partners(in: text)
    index = text.startIndex
  }

  private consuming func run() -> String {
    var this = self
    while this.index < this.text.endIndex {
      if !this.takeMark() {
        this.output.append(this.text[this.index])
        this.index += 1
      }
    }
    return this.output
  }

  /// Handles a mark, if there is one here.
  private mutating func takeMark() -> Bool {
    switch text[index] {
    case "\\": return takeEscape()
    case "`": return takeCode()
    case "!" where peek(1) == "[": return takeImage()
    case "[": return takeLink()
    case "<": return takeTag()
    case "&": return takeEntity()
    case "*", "_", "~": return takeEmphasis(text[index])
    default: return false
    }
  }

  private mutating func takeEscape() -> Bool {
    guard let next = peek(1), next.isASCII, next.isPunctuation || next.isSymbol else {
      return false
    }
    output.append(next)
    index += 2
    return true
  }

  private mutating func takeCode() -> Bool {
    let length = run(of: "`", at: index)
    var end = index + length
    while end - index < Self.lookAhead, let close = find("`", from: end) {
      let closing = run(of: "`", at: close)
      if closing == length {
        output += "`" + String(Substring(String(text[(index + length)..<close])).trimmed) + "`"
        index = close + closing
        return true
      }
      end = close + closing
    }
    output += String(repeating: "`", count: length)
    index += length
    return true
  }

  private mutating func takeImage() -> Bool {
    guard let close = partners[index + 1] else { return false }
    index = target(behind: close) ?? close + 1
    return true
  }

  private mutating func takeLink() -> Bool {
    guard depth < Self.maximumDepth, let close = partners[index] else { return false }
    let inside = text[(index + 1)..<close]
    if inside.first == "^" {  // a footnote's mark
      index = close + 1
      return true
    }
    let words = MarkdownInline(inside, depth: depth + 1).run()
    if let end = target(behind: close) {
      output += words
      index = end
    } else {
      output += "[" + words + "]"
      index = close + 1
    }
    return true
  }

  /// Where a link's target ends: `(…)` or `[…]` right behind its text.
  private func target(behind close: Int) -> Int? {
    let open = close + 1
    guard open < text.endIndex else { return nil }
    switch text[open] {
    case "(", "[": return partners[open].map { $0 + 1 }
    default: return nil
    }
  }

  private mutating func takeTag() -> Bool {
    guard let next = peek(1), next.isLetter || next == "/" || next == "!",
      let close = find(">", from: index)
    else { return false }
    let inside = String(text[(index + 1)..<close])
    if inside.hasPrefix("http") || (inside.contains("@") && !inside.contains(" ")) {
      output += inside
    } else if inside.lowercased().hasPrefix("br") {
      output += " "
    }
    index = close + 1
    return true
  }

  private mutating func takeEntity() -> Bool {
    let name = text[(index + 1)...].prefix(8).prefix { $0 != ";" }
    let end = index + 1 + name.count
    guard end < text.endIndex, text[end] == ";", let value = Self.entities[String(name)] else {
      return false
    }
    output += value
    index = end + 1
    return true
  }

  private mutating func takeEmphasis(_ mark: Character) -> Bool {
    let length = run(of: mark, at: index)
    let before = index > text.startIndex ? text[index - 1] : " "
    let isOpener = peek(length).map { !$0.isWhitespace } ?? false
    let isInWord = before.isLetter || before.isNumber
    if isOpener, !isInWord, length <= 3, depth < Self.maximumDepth, mark != "~" || length == 2,
      let close = closing(mark, length)
    {
      output += MarkdownInline(text[(index + length)..<close], depth: depth + 1).run()
      index = close + length
    } else {
      output += String(repeating: mark, count: length)
      index += length
    }
    return true
  }

  /// The run that closes an emphasis: as long, and right behind a word.
  private mutating func closing(_ mark: Character, _ length: Int) -> Int? {
    let name = String(repeating: mark, count: length) + "close"
    let limit = index + Self.lookAhead
    var from = max(index + length, absentUntil[name] ?? 0)
    while from < limit, let start = find(mark, from: from) {
      let count = run(of: mark, at: start)
      let after = start + count < text.endIndex ? text[start + count] : " "
      let endsWord = mark != "_" || !(after.isLetter || after.isNumber)
      if count == length && !text[start - 1].isWhitespace && endsWord { return start }
      from = start + count
    }
    absentUntil[name] = max(from, limit)
    return nil
  }

  private func peek(_ offset: Int) -> Character? {
    index + offset < text.endIndex ? text[index + offset] : nil
  }

  private func run(of mark: Character, at start: Int) -> Int {
    text[start...].prefix { $0 == mark }.count
  }

  /// Where the mark comes next, if it comes soon.
  private mutating func find(_ mark: Character, from start: Int) -> Int? {
    let limit = min(start + Self.lookAhead, text.endIndex)
    let from = max(start, absentUntil[String(mark)] ?? 0)
    if from < limit, let place = text[from..<limit].firstIndex(of: mark) { return place }
    absentUntil[String(mark)] = max(limit, from)
    return nil
  }

  /// The place of each bracket's partner, found in one pass.
  private static func partners(in text: ArraySlice<Character>) -> [Int: Int] {
    var partners: [Int: Int] = [:]
    var square: [Int] = []
    var round: [Int] = []
    for place in text.indices {
      switch text[place] {
      case "[": square.append(place)
      case "(": round.append(place)
      case "]": if let open = square.popLast() { partners[open] = place }
      case ")": if let open = round.popLast() { partners[open] = place }
      default: break
      }
    }
    return partners
  }

  /// `:rocket:`
  private static func isEmojiName(_ word: Substring) -> Bool {
    word.count > 2 && word.first == ":" && word.last == ":"
      && word.dropFirst().dropLast().allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "_+-".contains($0))
      }
  }
}
