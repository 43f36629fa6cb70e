/// Reads Markdown line by line into blocks.
struct MarkdownReader {
  private(set) var title: String?
  private(set) var blocks: [MarkdownBlock] = []

  /// What a line is part of, when something has begun that only a certain line ends.
  private enum Region {
    case prose
    case fence(marker: Character, length: Int)
    case table
    case frontMatter
    /// Until a line with this text.
    case raw(end: String)
  }

  private var region = Region.prose
  private var lines: [Substring] = []
  private var isListItem = false
  private var heading: String?
  private var wasBlank = true

  /// Takes the next line; `next` is the one behind it.
  mutating func read(_ line: Substring, next: Substring, isFirst: Bool) {
    let text = line.trimmed
    switch region {
    case .fence(let marker, let length):
      let run = text.prefix { $0 == marker }.count
      if run >= length && run == text.count { region = .prose }
    case .table:
      if text.contains("|") { return }
      region = .prose
      readProse(line, next: next)
    case .frontMatter:
      if text == "---" || text == "..." { region = .prose }
    case .raw(let end):
      if text.lowercased().contains(end) { region = .prose }
    case .prose:
      if isFirst && text == "---" {
        region = .frontMatter
      } else {
        readProse(line, next: next)
      }
    }
  }

  /// Ends the paragraph or list item that is being read.
  mutating func endBlock() {
    let text = MarkdownInline.plain(lines.map(String.init).joined(separator: " "))
    if !text.isEmpty {
      blocks.append(MarkdownBlock(text: text, heading: heading, isListItem: isListItem))
    }
    lines = []
    isListItem = false
  }

  private mutating func readProse(_ line: Substring, next: Substring) {
    let text = line.trimmed
    let isIndented = line.hasPrefix("    ") || line.hasPrefix("\t")
    let wasBlank = wasBlank
    self.wasBlank = text.isEmpty
    if text.isEmpty { return endBlock() }
    if isIndented && wasBlank && lines.isEmpty && blocks.last?.isListItem != true { return }
    if startsRegion(text, next: next.trimmed) { return endBlock() }
    if let found = heading(text, next: next.trimmed) {
      endBlock()
      heading = MarkdownInline.plain(found)
      if title == nil && heading?.isEmpty == false { title = heading }
    } else if isRule(text) || isDefinition(text) {
      endBlock()
    } else {
      readText(text)
    }
  }

  private mutating func readText(_ text: Substring) {
    let quoted = text.drop { $0 == ">" || $0 == " " }
    if quoted.hasPrefix("[!") && quoted.last == "]" { return }  // > [!NOTE]
    if let item = listItem(quoted) {
      endBlock()
      isListItem = true
      lines = [item]
    } else {
      lines.append(quoted)
    }
  }

  /// Begins what is no prose.
  private mutating func startsRegion(_ text: Substring, next: Substring) -> Bool {
    let content = text.drop { $0 == ">" || $0 == " " }
    for marker: Character in ["`", "~"] {
      let length = content.prefix { $0 == marker }.count
      // An info string has no backtick, or it would be `code` within a line.
      if length >= 3 && !(marker == "`" && content.dropFirst(length).contains("`")) {
        region = .fence(marker: marker, length: length)
        return true
      }
    }
    if text.hasPrefix("|") || (text.contains("|") && isDelimiterRow(next)) {
      region = .table
      return true
    }
    let lower = text.lowercased()
    if lower.hasPrefix("<!--") {
      region = lower.contains("-->") ? .prose : .raw(end: "-->")
      return true
    }
    for tag in ["pre", "script", "style", "svg"] where lower.hasPrefix("<\(tag)") {
      region = lower.contains("</\(tag)>") ? .prose : .raw(end: "</\(tag)>")
      return true
    }
    return false
  }

  /// An ATX heading, a setext heading (whose underline is then read as a rule), or an HTML one.
  private func heading(_ text: Substring, next: Substring) -> String? {
    let level = text.prefix { $0 == "#" }.count
    if (1...6).contains(level), text.dropFirst(level).first.map(\.isWhitespace) ?? true {
      return String(text.dropFirst(level).trimmed.trimmingSuffix("#"))
    }
    if text.count > 3, text.lowercased().hasPrefix("<h"), text.dropFirst(2).first?.isNumber == true
    {
      return String(text)
    }
    let isUnderline =
      !next.isEmpty && (next.allSatisfy { $0 == "=" } || next.allSatisfy { $0 == "-" })
    return isUnderline && lines.isEmpty && listItem(text) == nil ? String(text) : nil
  }

  /// A thematic break, or the underline of a heading.
  private func isRule(_ text: Substring) -> Bool {
    let marks = text.filter { !$0.isWhitespace }
    guard let first = marks.first, "-*_=".contains(first) else { return false }
    return marks.allSatisfy { $0 == first } && (marks.count >= 3 || first == "=")
  }

  /// `[name]: https://…`
  private func isDefinition(_ text: Substring) -> Bool {
    guard text.first == "[", let close = text.firstIndex(of: "]") else { return false }
    return text[text.index(after: close)...].first == ":"
  }

  private func isDelimiterRow(_ text: Substring) -> Bool {
    text.contains("-") && text.allSatisfy { "|-: ".contains($0) } && text.contains("|")
  }

  /// What stands behind a bullet or number, without a check box.
  private func listItem(_ text: Substring) -> Substring? {
    var rest: Substring
    if let first = text.first, "-*+•".contains(first), text.dropFirst().first == " " {
      rest = text.dropFirst(2).trimmed
    } else {
      let digits = text.prefix { $0.isASCII && $0.isNumber }.count
      let behind = text.dropFirst(digits)
      guard (1...3).contains(digits), let mark = behind.first, ".)".contains(mark),
        behind.dropFirst().first == " "
      else { return nil }
      rest = behind.dropFirst(2).trimmed
    }
    for box in ["[ ] ", "[x] ", "[X] "] where rest.hasPrefix(box) { rest = rest.dropFirst(4) }
    return rest
  }
}

extension Substring {
  /// Without white space at its ends.
  var trimmed: Substring {
    guard let last = lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return self[...last].drop(while: \.isWhitespace)
  }

  /// Without the marks that may close an ATX heading.
  fileprivate func trimmingSuffix(_ mark: Character) -> Substring {
    guard let last = lastIndex(where: { $0 != mark }), last < index(before: endIndex),
      self[last].isWhitespace
    else { return self }
    return self[...last].trimmed
  }
}
