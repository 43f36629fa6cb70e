/// A request that the built-in model understands; see the README for its phrasings.
enum DemoRequest: Hashable {
  case read(file: String)
  /// `nil` is the workspace itself.
  case list(directory: String?)
  case write(text: String, file: String)
  /// `nil` is UTC.
  case time(zone: String?)
  case summarize(file: String, target: String?)
  /// For another agent.
  case ask(agent: String, message: String)

  /// For a signal to the job.
  case wait(signal: String)

  /// Understands a user's message: English, in any case, names with or without quotes.
  ///
  /// - Returns: `nil` when it is none of these, for example when words are left over.
  init?(_ message: String) {
    var words = RequestWords(message)
    words.skip(Self.openings)
    let request =
      Self.ask(words) ?? Self.wait(words) ?? Self.summarize(words) ?? Self.list(words)
      ?? Self.time(words) ?? Self.create(words) ?? Self.write(words) ?? Self.read(words)
    guard let request else { return nil }
    self = request
  }

  private static let openings = [
    "please", "kindly", "hello", "hi", "hey", "openclaw", "now", "can you", "could you",
    "would you", "will you", "i want you to", "i would like you to", "i'd like you to",
  ]
  private static let closings = [
    "please", "for me", "to me", "now", "right now", "thanks", "thank you", "today", "currently",
  ]
  private static let articles = [
    "the contents of", "the content of", "the text of", "the file", "the", "my", "our", "this",
    "a file", "a new file", "file", "named", "called",
  ]

  /// "ask AGENT to TEXT", "delegate to AGENT: TEXT"
  private static func ask(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard words.take(["ask", "delegate to", "hand over to", "let"]) else { return nil }
    words.skip(["the agent", "agent", "the"])
    guard let agent = words.takeName() else { return nil }
    words.skip(["agent", "to", ":"])
    guard let message = words.text(words.position..<words.words.count) else { return nil }
    return .ask(agent: agent.lowercased(), message: message)
  }

  /// "wait for the signal NAME"
  private static func wait(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard words.take(["wait for", "await"]) else { return nil }
    words.skip(["the signal", "a signal", "signal", "named", "called", "the"])
    guard let signal = words.takeName(), ends(&words) else { return nil }
    return .wait(signal: signal)
  }

  private static func summarize(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard
      words.take([
        "summarize", "summarise", "sum up", "give me a summary of", "give a summary of",
        "write a summary of", "make a summary of", "create a summary of", "a summary of",
        "summary of", "what are the key points of",
      ]), let file = name(&words)
    else { return nil }
    words.skip(["and"])
    var target: String?
    if words.take([
      "write it to", "write it into", "write it in", "save it to", "save it as", "save it in",
      "save it into", "put it into", "put it in", "write the summary to", "write the summary into",
      "save the summary to", "save the summary as", "into", "to", "in", "as",
    ]) {
      guard let name = name(&words) else { return nil }
      target = name
    }
    return ends(&words) ? .summarize(file: file, target: target) : nil
  }

  private static func list(_ source: RequestWords) -> DemoRequest? {
    var words = source
    let isListing = words.take(["list", "ls"])
    let verbs = ["show me", "show", "display", "give me", "what", "which", "what are", "see"]
    guard isListing || words.take(verbs) else { return nil }
    words.skip(["all", "the", "my", "me", "a list of"])
    let noun = words.take(["files", "contents", "content", "everything", "directory", "folder"])
    guard isListing || noun else { return nil }
    words.skip(["are there", "are", "do i have", "exist", "there"])
    let hasPlace = words.take(["in", "of", "from", "under", "inside", "within", "at"])
    words.skip(["the folder", "the directory", "folder", "directory", "the", "my"])
    if ends(&words) { return hasPlace ? nil : .list(directory: nil) }
    if words.take(["workspace", "here"]) { return ends(&words) ? .list(directory: nil) : nil }
    guard hasPlace || !noun, let directory = words.takeName() else { return nil }
    words.skip(["folder", "directory"])
    return ends(&words) ? .list(directory: directory) : nil
  }

  private static func time(_ source: RequestWords) -> DemoRequest? {
    var words = source
    words.skip(["tell me", "show me", "give me"])
    words.skip(["what's", "whats", "what is", "what", "which", "the", "current", "today's"])
    guard words.take(["time", "date", "day"]) else { return nil }
    words.skip(["is it", "it is", "now", "today", "right now", "currently"])
    guard words.take(["in", "at", "for"]) else { return ends(&words) ? .time(zone: nil) : nil }
    words.skip(["the time zone", "time zone", "timezone"])
    var parts: [String] = []
    while !ends(&words), let part = words.takeName() { parts.append(part) }
    return (1...3).contains(parts.count) ? .time(zone: parts.joined(separator: "_")) : nil
  }

  /// "create a file called FILE with TEXT"
  private static func create(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard words.take(["create", "make", "write a file", "write a new file", "write the file"]),
      let file = name(&words),
      words.take([
        "with the content", "with the text", "with content", "with text", "with", "containing",
        "that says", "saying",
      ]),
      let text = words.text(words.position..<words.words.count)
    else { return nil }
    return .write(text: text, file: file)
  }

  /// "write TEXT to FILE"; the last "to" counts.
  private static func write(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard words.take(["write down", "write", "save", "put", "store"]) else { return nil }
    let start = words.position
    for separator in words.words.indices.dropFirst(start + 1).reversed() {
      words.position = separator
      guard words.take(["into", "to", "in", "as"]), let file = name(&words), ends(&words),
        let text = words.text(start..<separator)
      else { continue }
      return .write(text: text, file: file)
    }
    return nil
  }

  private static func read(_ source: RequestWords) -> DemoRequest? {
    var words = source
    guard
      words.take([
        "read", "show me what is in", "show me what's in", "show me", "show", "open", "cat",
        "print", "display", "view", "tell me what is in", "tell me what's in", "what is in",
        "what's in", "whats in", "what does", "let me see",
      ]), let file = name(&words)
    else { return nil }
    words.skip(["file", "say", "contain", "out", "aloud"])
    return ends(&words) ? .read(file: file) : nil
  }

  private static func name(_ words: inout RequestWords) -> String? {
    words.skip(articles)
    return words.takeName()
  }

  private static func ends(_ words: inout RequestWords) -> Bool {
    let position = words.position
    words.skip(closings)
    if words.isAtEnd { return true }
    words.position = position
    return false
  }
}
