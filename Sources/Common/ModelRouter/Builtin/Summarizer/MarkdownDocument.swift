/// A paragraph or list item of plain words.
struct MarkdownBlock: Hashable, Sendable {
  /// Inline Markdown is gone, except for `code`.
  let text: String
  /// The heading that it stands under.
  let heading: String?
  let isListItem: Bool
}

/// What a Markdown text says in prose: no headings, code, tables, badges, front matter, HTML tags.
struct MarkdownDocument: Hashable, Sendable {
  /// The first heading.
  let title: String?
  let blocks: [MarkdownBlock]

  /// Reads Markdown (CommonMark with tables), or plain text, whose paragraphs empty lines part.
  init(_ text: String) {
    var reader = MarkdownReader()
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      let next = index + 1 < lines.count ? lines[index + 1] : ""
      reader.read(line, next: next, isFirst: index == 0)
    }
    reader.endBlock()
    title = reader.title
    blocks = reader.blocks
  }
}
