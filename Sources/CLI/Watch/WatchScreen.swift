import Foundation

/// Draws what a command prints over the whole terminal, on its second screen, so that what stood
/// there before is there again afterwards.
actor WatchScreen {
  // Lines that are too long are cut by the terminal.
  private static let open = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
  private static let close = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

  private let title: String
  private let console: Console
  private var text = ""
  private var time = ""
  private var trouble: String?
  private var isOpen = false

  init(title: String, _ console: Console) {
    self.title = title
    self.console = console
  }

  /// Shows what was printed at a time; it may hold the styles that a console writes.
  func show(_ text: String, at time: Date) throws {
    self.text = text
    self.time = time.formatted(.iso8601.time(includingFractionalSeconds: false))
    trouble = nil
    try draw()
  }

  /// Shows that nothing could be printed; what was stays below.
  func show(trouble: String) throws {
    self.trouble = trouble
    try draw()
  }

  /// Draws again, in the terminal's size as it is now.
  func draw() throws {
    let size = console.surroundings.terminalSize()
    let start = isOpen ? "" : Self.open
    isOpen = true
    let lines = lines(size).map { "\($0)\u{1B}[K" }.joined(separator: "\r\n")
    try console.draw("\(start)\u{1B}[H\(lines)\u{1B}[J", on: .output)
  }

  /// Gives the terminal back, and leaves the last look on it.
  func end() throws {
    guard isOpen else { return }
    isOpen = false
    try console.draw(Self.close, on: .output)
    let last = lines(console.surroundings.terminalSize()).joined(separator: "\n")
    try console.draw(last + "\n", on: .output)
  }

  private func lines(_ size: TerminalSize) -> [String] {
    var head = StyledLine(title, .dim).adding("  \(time)", .dim)
    if let trouble { head.add("  \(trouble)", .red) }
    let width = max(1, size.columns - 1)
    var lines = [head.text(width: width, isColored: console.isColored), ""]
    lines += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while lines.count > 2, lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count > size.rows else { return lines }
    let hidden = lines.count - size.rows + 1
    let more = StyledLine("… \(hidden) more", .dim)
    return lines.prefix(max(1, size.rows - 1))
      + [more.text(width: width, isColored: console.isColored)]
  }
}
