/// Draws the queues over the whole terminal, on its second screen, so that what stood there before
/// is there again afterwards.
actor QueueBoardScreen {
  private let console: Console
  private let title: String
  private var board: QueueBoard
  private var sampledAt = ""
  private var trouble: String?
  private var isOpen = false

  init(_ board: QueueBoard, title: String, console: Console) {
    self.board = board
    self.title = title
    self.console = console
  }

  /// Shows the next sample.
  func take(_ sample: QueueSample) throws {
    board.take(sample.lanes, sample.pools)
    sampledAt = sample.time.split { "T.Z".contains($0) }.dropFirst().first.map(String.init) ?? ""
    trouble = nil
    try draw()
  }

  /// Shows that there is no sample.
  func take(_ error: CommandError) throws {
    trouble = error.message
    try draw()
  }

  /// Draws again, in the terminal's size as it is now.
  func draw() throws {
    let size = console.surroundings.terminalSize()
    let start = isOpen ? "" : "\u{1B}[?1049h\u{1B}[?25l"
    isOpen = true
    let text = lines(size).map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
    try console.draw("\(start)\u{1B}[H\(text)\u{1B}[J", on: .output)
  }

  /// Gives the terminal back, and leaves the last rows on it.
  func end() throws {
    guard isOpen else { return }
    isOpen = false
    try console.draw("\u{1B}[?25h\u{1B}[?1049l", on: .output)
    let last = lines(console.surroundings.terminalSize()).joined(separator: "\n")
    try console.draw(last + "\n", on: .output)
  }

  private func lines(_ size: TerminalSize) -> [String] {
    var head = StyledLine("queues", .bold).adding("  \(title)  \(sampledAt)", .dim)
    if let trouble { head.add("  \(trouble)", .red) }
    let width = max(1, size.columns - 1)
    var lines = [head, ""] + board.lines(width: width, showsCourse: true)
    if lines.count > size.rows {
      let hidden = lines.count - size.rows + 1
      lines = lines.prefix(max(1, size.rows - 1)) + [StyledLine("… \(hidden) more", .dim)]
    }
    return lines.map { $0.text(width: width, isColored: console.isColored) }
  }
}
