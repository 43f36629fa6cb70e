import Jobs

/// Prints events as they come.
actor EventPrinter {
  private let console: Console
  private let isText: Bool
  private var documents: [JSONValue] = []
  private var assembly = StreamedText()
  private var step: StepID?
  private var endsLine = true

  init(console: Console, isText: Bool) {
    self.console = console
    self.isText = isText
  }

  /// Prints one event, or keeps it for the document at the end.
  func take(_ event: JobEventView) throws {
    if isText {
      if case .text(let delta) = event.content { try show(delta) }
    } else if [.json, .yaml].contains(console.format) {
      documents.append(event.document)
    } else {
      try console.showChange(event.document, line: event.detailedLine)
    }
  }

  /// Prints what belongs to the end.
  func end(_ job: JobView) throws {
    if !isText {
      guard [.json, .yaml].contains(console.format) else { return }
      return try console.show(.object(["items": .array(documents)])) { "" }
    }
    if step == nil, let text = Console.readable(job.document["result"] ?? .null) {
      return try console.showText(text)
    }
    if !endsLine { try console.showPiece("\n") }
    if let problem = job.problem { console.say("job \(job.id) \(job.state.name): \(problem)") }
  }

  private func show(_ delta: TextDelta) throws {
    switch assembly.take(delta) {
    case .nothing: return
    case .text(let text):
      if let step, step != delta.step, !endsLine { try console.showPiece("\n") }
      try put(text)
    case .restart(let text):
      // What was printed cannot be taken back.
      console.say("the text begins again: the attempt that wrote it was lost")
      if !endsLine { try console.showPiece("\n") }
      try put(text)
    }
    step = delta.step
  }

  private func put(_ text: String) throws {
    guard !text.isEmpty else { return }
    try console.showPiece(text)
    endsLine = text.utf8.last == 0x0A
  }
}
