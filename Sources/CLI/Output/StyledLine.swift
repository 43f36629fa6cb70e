/// One line for a terminal: pieces of text, each with a style that a plain form leaves out.
struct StyledLine: Sendable, Equatable, ExpressibleByStringLiteral {
  /// How a piece stands out.
  enum Style: String, Sendable {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
  }

  private struct Piece: Sendable, Equatable {
    var text: String
    var style: Style
  }

  private var pieces: [Piece] = []

  /// An empty line.
  init() {}

  /// A plain line.
  init(_ text: String, _ style: Style = .plain) { add(text, style) }

  init(stringLiteral value: String) { add(value) }

  /// Appends a piece; what would act on a terminal is neutralized, line feeds too.
  mutating func add(_ text: String, _ style: Style = .plain) {
    pieces.append(
      Piece(text: TerminalText.neutralized(text, keepsLines: false), style: style))
  }

  /// The same line with a piece more.
  func adding(_ text: String, _ style: Style = .plain) -> StyledLine {
    var line = self
    line.add(text, style)
    return line
  }

  /// The columns that it takes.
  var displayWidth: Int { pieces.reduce(0) { $0 + $1.text.displayWidth } }

  /// The line in a width, cut with an ellipsis where it is longer.
  ///
  /// - Parameter isColored: Whether the styles are written as SGR sequences.
  func text(width: Int, isColored: Bool) -> String {
    var left = width
    var text = ""
    for piece in pieces where left > 0 {
      let part = piece.text.fitted(to: left)
      // A piece that was cut ends the line.
      left = part == piece.text ? left - part.displayWidth : 0
      let styled = isColored && piece.style != .plain && !part.isEmpty
      text += styled ? "\u{1B}[\(piece.style.rawValue)m\(part)\u{1B}[0m" : part
    }
    return text
  }
}
