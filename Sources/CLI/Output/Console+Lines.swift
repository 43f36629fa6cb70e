extension Console {
  /// How many columns a line may take; `nil` where it is no terminal.
  var width: Int? {
    surroundings.outputIsTerminal ? max(1, surroundings.terminalSize().columns - 1) : nil
  }

  /// Lines as one text, in color where that is wanted.
  ///
  /// - Parameter isWhole: Whether lines that are too long for a terminal are left to it.
  func text(of lines: [StyledLine], isWhole: Bool = false) -> String {
    lines.map { line in
      var text = line.text(width: isWhole ? .max : width ?? .max, isColored: isColored)
      while text.last == " " { text.removeLast() }
      return text
    }.joined(separator: "\n")
  }
}
