import Jobs

/// Where a command prints: data to standard output in the chosen form, talk to standard error.
struct Console: Sendable {
  var surroundings: Surroundings
  let format: OutputFormat
  /// Whether what is printed is one of many that follow each other: then each `jsonl` line is a
  /// whole document.
  var isSeries = false
  /// Whether standard output may be colored.
  let isColored: Bool
  /// Whether standard error may be colored.
  let isErrorColored: Bool

  init(_ surroundings: Surroundings, options: OutputOptions) {
    self.surroundings = surroundings
    format = options.format
    let mayColor =
      !options.isPlain && surroundings.environment["NO_COLOR", default: ""].isEmpty
      && surroundings.environment["TERM"] != "dumb"
    isColored = surroundings.outputIsTerminal && mayColor
    isErrorColored = surroundings.errorIsTerminal && mayColor
  }

  /// Prints one document; the table form may be any text.
  func show(_ document: JSONValue, table: () -> String) throws {
    switch format {
    case .table: try print(table())
    case .json: try print(document.indented(escaping: escapes))
    case .jsonl: try print(document.compact(escaping: escapes))
    case .yaml: try print(document.yaml)
    }
  }

  /// Prints items: one line each as `jsonl`, else the document that holds them.
  func show(_ items: [JSONValue], of document: JSONValue, table: () -> String) throws {
    guard format == .jsonl, !isSeries else { return try show(document, table: table) }
    for item in items { try print(item.compact(escaping: escapes)) }
  }

  /// Prints one of a series that goes on: a line as a table or as `jsonl`, else nothing.
  func showChange(_ change: JSONValue, line: String) throws {
    switch format {
    case .table: try print(line)
    case .jsonl: try print(change.compact(escaping: escapes))
    case .json, .yaml: break
    }
  }

  /// Prints a text from a server as it is, or without escape sequences on a terminal.
  func showText(_ text: String) throws {
    try print(escapes ? TerminalText.neutralized(text, keepsLines: true) : text)
  }

  /// Tells the user something on standard error.
  func say(_ text: String) {
    let safe = TerminalText.neutralized(text, keepsLines: true)
    // Without a standard error there is nobody to tell.
    try? surroundings.writeError([UInt8]((safe + "\n").utf8))  // as said above
  }

  /// Tells the user what goes on or what to try next, if a person is watching.
  func remark(_ text: String) {
    if surroundings.errorIsTerminal, format == .table { say(text) }
  }

  /// Prints an error in the form that fits the format.
  func report(_ error: CommandError) {
    guard format != .table else {
      say("error: \(error.message)")
      for hint in error.hint?.split(separator: "\n") ?? [] { say("  \(hint)") }
      return
    }
    var details: [String: JSONValue] = [
      "type": .string(error.type), "message": .string(error.message),
    ]
    details["job"] = error.job.map { .string($0) }
    details["idempotency_key"] = error.idempotencyKey.map { .string($0) }
    do {
      try show(["ok": false, "error": .object(details)]) { "" }
    } catch {
      // Where the document cannot go, standard error at least tells what happened.
      say("error: \(details["message"]?.text ?? "")")
    }
  }

  /// Where a live view may be drawn.
  enum Screen { case output, error }

  /// Whether a person watches a terminal that can move its cursor, and wants no documents.
  func isLive(_ screen: Screen) -> Bool {
    let isTerminal =
      switch screen {
      case .output: surroundings.outputIsTerminal
      case .error: surroundings.errorIsTerminal
      }
    return isTerminal && format == .table && surroundings.environment["TERM"] != "dumb"
  }

  /// Writes what a live view gives, with its escape sequences.
  func draw(_ text: String, on screen: Screen) throws {
    guard !text.isEmpty else { return }
    switch screen {
    case .output: try surroundings.writeOutput([UInt8](text.utf8))
    case .error: try surroundings.writeError([UInt8](text.utf8))
    }
  }

  /// Prints a piece of a text from a server without ending its line.
  func showPiece(_ text: String) throws {
    let safe = escapes ? TerminalText.neutralized(text, keepsLines: true) : text
    try surroundings.writeOutput([UInt8](safe.utf8))
  }

  /// Whether what is printed must not act on a terminal.
  private var escapes: Bool { surroundings.outputIsTerminal }

  private func print(_ text: String) throws {
    let end = text.utf8.last == 0x0A ? "" : "\n"
    try surroundings.writeOutput([UInt8]((text + end).utf8))
  }
}
