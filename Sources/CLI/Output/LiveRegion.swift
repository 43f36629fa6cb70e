/// Lines at the end of a terminal's text that are drawn again and again in place, below lines that
/// stay. A decision without output: it gives what has to be written.
struct LiveRegion {
  /// The widths of the lines drawn last.
  private var drawn: [Int] = []
  private var isOpen = false

  /// Replaces what was drawn last.
  ///
  /// - Parameters:
  ///   - staying: Lines that are printed above and not touched again.
  ///   - lines: What is drawn; more than the terminal shows is cut at the top.
  /// - Returns: What to write; the cursor is hidden from the first one on.
  mutating func frame(
    staying: [StyledLine] = [], lines: [StyledLine], size: TerminalSize, isColored: Bool
  ) -> String {
    // The last column stays free, where terminals disagree about the wrap.
    let width = max(1, size.columns - 1)
    var text = isOpen ? "" : "\u{1B}[?25l"
    isOpen = true
    text += erasure(columns: size.columns)
    for line in staying { text += line.text(width: width, isColored: isColored) + "\n" }
    let shown = lines.suffix(max(1, size.rows - 1))
    text += shown.map { $0.text(width: width, isColored: isColored) }.joined(separator: "\n")
    drawn = shown.map { min($0.displayWidth, width) }
    return text
  }

  /// Removes what is drawn, prints what stays, and shows the cursor again.
  ///
  /// - Returns: What to write; nothing when nothing was drawn and nothing stays.
  mutating func end(staying: [StyledLine] = [], size: TerminalSize, isColored: Bool) -> String {
    var text = isOpen ? erasure(columns: size.columns) + "\u{1B}[?25h" : ""
    let width = max(1, size.columns - 1)
    for line in staying { text += line.text(width: width, isColored: isColored) + "\n" }
    drawn = []
    isOpen = false
    return text
  }

  /// Takes the cursor to the first row that was drawn and clears from there on. A line that was
  /// drawn on a wider terminal takes more rows now.
  private func erasure(columns: Int) -> String {
    guard !drawn.isEmpty else { return "" }
    let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / max(1, columns)) }
    return "\r" + (rows > 1 ? "\u{1B}[\(rows - 1)A" : "") + "\u{1B}[J"
  }
}
