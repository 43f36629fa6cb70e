/// One sentence and where it stands.
struct TextSentence: Hashable, Sendable {
  let text: String
  /// The words that it may be found by.
  let terms: [String]
  let wordCount: Int
  /// What it stands under.
  let heading: String?
  let isListItem: Bool
  /// Whether it is the first of its paragraph or list item.
  let isOpening: Bool

  /// The text with a full stop, if it had no end of its own.
  var shown: String { hasEnd ? text : text + "." }

  /// Whether a mark ends it; list items often have none.
  var hasEnd: Bool {
    let last = text.last { !"\"'”’»)]*_`".contains($0) }
    return last.map { ".!?…。！？".contains($0) } ?? false
  }

  /// The sentences of a document that say something by themselves: no headings, no commands, no
  /// "Run this:" that loses its other half.
  static func sentences(of document: MarkdownDocument) -> [TextSentence] {
    document.blocks.flatMap { block in
      SentenceSplitter.split(block.text).enumerated().map { index, text in
        TextSentence(text, in: block, isOpening: index == 0)
      }
    }.filter(\.isProse)
  }

  private init(_ text: String, in block: MarkdownBlock, isOpening: Bool) {
    self.text = text
    terms = TermVocabulary.terms(of: text)
    wordCount = text.split(whereSeparator: \.isWhitespace).count
    heading = block.heading
    isListItem = block.isListItem
    self.isOpening = isOpening
  }

  private var isProse: Bool {
    let letters = text.count { $0.isLetter }
    let visible = text.count { !$0.isWhitespace }
    let isIdeographic = text.unicodeScalars.contains { $0.properties.isIdeographic }
    let words = isIdeographic ? max(wordCount, letters / 2) : wordCount
    if text.last == ":" || text.contains("|") || text.contains("•") || text.contains("·") {
      return false
    }
    return (hasEnd ? 4 : 8) <= words && words <= 70 && letters * 10 >= visible * 6
  }
}
