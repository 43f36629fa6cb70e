/// A text's key sentences.
struct Summary: Hashable, Sendable {
  /// In the order of the text, as Markdown without links, emphasis and line breaks.
  let sentences: [String]
  /// How many sentences the text has.
  let total: Int
  /// Its first heading, if it has one.
  let title: String?
}

/// Picks key sentences out of Markdown or plain text; the same text always gives the same ones.
enum Summarizer {
  /// How many characters of a text are looked at.
  static let maximumCharacters = 100_000

  /// Chooses three to five sentences, about 15 % of the text; all of a text that has at most three.
  ///
  /// A sentence counts for the words that the text uses most, for words of the title, for its
  /// place and for its length. What was chosen before counts less, and nearly the same sentence is
  /// never chosen twice.
  static func summarize(_ text: String) -> Summary {
    let document = MarkdownDocument(String(text.prefix(maximumCharacters)))
    let sentences = TextSentence.sentences(of: document)
    let wanted = min(5, max(3, (sentences.count * 15 + 99) / 100))
    let chosen = SentenceRanking(sentences, title: document.title).best(wanted)
    return Summary(
      sentences: chosen.map { sentences[$0].shown }, total: sentences.count,
      title: document.title)
  }
}
