extension Console {
  /// Whether a person can be asked: there is a keyboard, and a screen for the question.
  var canAsk: Bool { surroundings.inputIsTerminal && surroundings.errorIsTerminal }

  /// Asks on standard error, and waits for one line.
  ///
  /// - Parameter question: Without its question mark.
  /// - Returns: Whether the answer is `y` or `yes`, in either case; not at the input's end.
  /// - Throws: `CancellationError` when the task is cancelled before there is an answer.
  func isConfirmed(_ question: String) async throws -> Bool {
    try draw(TerminalText.neutralized("\(question)? [y/N] ", keepsLines: false), on: .error)
    guard let answer = try await surroundings.readLine() else {
      // The cursor is still behind the question.
      try draw("\n", on: .error)
      return false
    }
    let word = answer.filter { !$0.isWhitespace }.lowercased()
    return ["y", "yes"].contains(word)
  }
}
