import Glibc

/// How much a terminal shows.
struct TerminalSize: Sendable, Equatable {
  /// At least 1.
  var columns: Int
  /// At least 1.
  var rows: Int

  /// For a terminal that does not tell.
  static let usual = TerminalSize(columns: 80, rows: 24)

  /// The size of the terminal behind a descriptor; `nil` when it is none or does not tell.
  static func of(_ descriptor: Int32) -> TerminalSize? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0
    else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}
