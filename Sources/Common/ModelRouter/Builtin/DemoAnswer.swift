import Jobs

/// The sentences that the built-in model answers with.
enum DemoAnswer {
  /// How much of a file an answer shows, in characters.
  static let shownCharacters = 4000

  /// For what it does not understand.
  static let help = """
    I am \(BuiltinModel.name), OpenClaw's built-in demo model. I work offline and I am not a \
    language model, so I only understand requests such as these:
    - read notes.txt
    - list files in docs
    - write "Hello" to hello.txt
    - what time is it in Europe/Berlin
    - summarize README.md into summary.md
    - ask coder to list files
    - wait for the signal approved
    For a real model, set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.
    """

  /// Plain words for a failed call.
  static func failure(_ what: String, _ failure: StepFailure) -> String {
    "\(what): \(failure.message) (\(failure.code))"
  }

  static func content(_ result: JSONValue, of file: String) -> String {
    guard let text = result["content"]?.text else {
      return failure("I could not read \(file)", .unreadable)
    }
    if text.isEmpty { return "\(file) is empty." }
    let shown = text.prefix(shownCharacters)
    if shown.endIndex == text.endIndex { return "\(file) says:\n\n\(text)" }
    return "\(file) begins with:\n\n\(shown)…\n\n(\(text.utf8.count) bytes in all.)"
  }

  static func listing(_ result: JSONValue, of place: String) -> String {
    guard let entries = result["entries"]?.elements else {
      return failure("I could not list \(place)", .unreadable)
    }
    if entries.isEmpty { return "There is nothing in \(place)." }
    let more = result["truncated"] == true ? "\nThere is more than I can show." : ""
    let count = entries.count == 1 ? "is 1 entry" : "are \(entries.count) entries"
    return "There \(count) in \(place):\n" + entries.map(line).joined(separator: "\n") + more
  }

  static func written(_ result: JSONValue, to file: String) -> String {
    guard let bytes = result["bytes"]?.int else { return "I wrote \(file)." }
    return "I wrote \(bytes) bytes to \(file)."
  }

  static func time(_ result: JSONValue) -> String {
    guard let local = result["local"]?.text, let zone = result["time_zone"]?.text else {
      return failure("I could not tell the time", .unreadable)
    }
    let day = result["weekday"]?.text.map { "\($0), " } ?? ""
    return "It is \(day)\(local) in the time zone \(zone)."
  }

  static func said(_ result: JSONValue, by agent: String) -> String {
    "\(agent) says:\n\n\(result["text"]?.text ?? "nothing")"
  }

  static func signalled(_ result: JSONValue, by signal: String) -> String {
    let payload = String(decoding: result.json, as: UTF8.self)
    return result == .null ? "The signal \(signal) came." : "The signal \(signal) came: \(payload)"
  }

  static func summary(_ summary: Summary, of file: String, into target: String? = nil) -> String {
    let place = target.map { " into \($0)" } ?? ""
    return "I summarized \(file)\(place): \(summary.sentences.count) of its "
      + "\(summary.total) sentences.\n\n\(bullets(summary))"
  }

  /// The Markdown file that a summary is written to.
  static func summaryFile(_ summary: Summary, of file: String) -> String {
    let title = summary.title.map { " (\($0))" } ?? ""
    return """
      # Summary of \(file)

      The \(summary.sentences.count) key sentences of \(file)\(title), picked out of \
      \(summary.total) by \(BuiltinModel.name):

      \(bullets(summary))

      """
  }

  private static func bullets(_ summary: Summary) -> String {
    summary.sentences.map { "- \($0)" }.joined(separator: "\n")
  }

  private static func line(_ entry: JSONValue) -> String {
    let name = entry["name"]?.text ?? "?"
    if let bytes = entry["bytes"]?.int { return "- \(name) (\(bytes) bytes)" }
    return entry["type"] == "directory" ? "- \(name)/" : "- \(name)"
  }
}
