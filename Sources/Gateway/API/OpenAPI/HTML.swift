import Jobs

/// Pieces of HTML for ``DocumentationPage``.
enum HTML {
  static let style = """
    :root{color-scheme:light dark;--line:#8885;--soft:#8882}
    body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:auto;padding:1rem}
    table{border-collapse:collapse;width:100%;margin:.5rem 0}
    td{border:1px solid var(--line);padding:.25rem .5rem;vertical-align:top;overflow-wrap:anywhere}
    code,pre{font:13px/1.45 ui-monospace,monospace}
    pre{background:var(--soft);padding:.5rem;overflow-x:auto;margin:.25rem 0}
    section{border-top:1px solid var(--line);margin-top:2rem}h2{margin:1rem 0 0}h3{margin:.75rem 0 0}
    .summary{margin:.25rem 0;font-weight:600}summary{cursor:pointer;font-weight:600}
    """

  static func escaped(_ text: some StringProtocol) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// A value in lines.
  static func json(_ value: JSONValue) -> String { escaped(value.indented) }

  /// What the documents use of Markdown: paragraphs and lists, see ``inline(_:)`` for the rest.
  static func markdown(_ text: String) -> String {
    text.split(separator: "\n\n").map { block in
      let lines = block.split(separator: "\n")
      guard lines.allSatisfy({ $0.hasPrefix("- ") }) else {
        return "<p>\(inline(lines.joined(separator: " ")))</p>"
      }
      return "<ul>\(lines.map { "<li>\(inline(String($0.dropFirst(2))))</li>" }.joined())</ul>"
    }.joined()
  }

  /// `code`, **bold** and [links](to).
  static func inline(_ text: String) -> String {
    escaped(text)
      .replacing(#/\[([^\]]*)\]\((\/[^)]*)\)/#) { "<a href=\"\($0.2)\">\($0.1)</a>" }
      .replacing(#/\*\*([^*]+)\*\*/#) { "<b>\($0.1)</b>" }
      .replacing(#/`([^`]+)`/#) { "<code>\($0.1)</code>" }
  }
}

extension JSONValue {
  /// JSON with line breaks and two spaces a level, keys sorted by their bytes.
  var indented: String {
    var text = ""
    write(to: &text, indent: "")
    return text
  }

  private func write(to text: inout String, indent: String) {
    let inner = indent + "  "
    switch self {
    case .array(let elements) where !elements.isEmpty:
      for (index, element) in elements.enumerated() {
        text += (index == 0 ? "[\n" : ",\n") + inner
        element.write(to: &text, indent: inner)
      }
      text += "\n\(indent)]"
    case .object(let members) where !members.isEmpty:
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        text += (index == 0 ? "{\n" : ",\n") + inner
        text += String(decoding: JSONValue.string(member.key).json, as: UTF8.self) + ": "
        member.value.write(to: &text, indent: inner)
      }
      text += "\n\(indent)}"
    default: text += String(decoding: json, as: UTF8.self)
    }
  }
}
