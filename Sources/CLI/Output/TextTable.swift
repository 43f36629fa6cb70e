/// Rows under headings, in columns as wide as their widest cell.
struct TextTable {
  private let headings: [String]
  private var rows: [[String]] = []
  /// Wider cells are cut; the last column never is.
  private let maximumWidth: Int
  /// How many columns from the first on are not cut to fit a terminal.
  private let wholeColumns: Int

  init(_ headings: String..., maximumWidth: Int = 48, wholeColumns: Int = 1) {
    self.headings = headings
    self.maximumWidth = maximumWidth
    self.wholeColumns = wholeColumns
  }

  /// Adds a row. Missing cells are empty, surplus ones dropped; a cell is one line whatever it
  /// holds.
  mutating func add(_ cells: String...) {
    rows.append(
      headings.indices.map { column in
        guard column < cells.count else { return "" }
        let text = TerminalText.neutralized(cells[column], keepsLines: false)
        return column == headings.count - 1 ? text : text.fitted(to: maximumWidth)
      })
  }

  /// The table with a line feed after each line but the last.
  ///
  /// - Parameters:
  ///   - isColored: Whether the headings are dimmed.
  ///   - width: What a line may take; `nil` for what it needs. The first columns, which name the
  ///     row, stay whole. Where even cut cells do not fit, each row becomes a block of lines.
  func text(isColored: Bool, width: Int? = nil) -> String {
    let widths = fitted(
      headings.indices.map { column in
        ([headings] + rows).map { $0[column].displayWidth }.max() ?? 0
      }, to: width)
    guard let widths else { return blocks(isColored: isColored) }
    let heading = line(headings, widths)
    return ([isColored ? "\u{1B}[2m\(heading)\u{1B}[0m" : heading] + rows.map { line($0, widths) })
      .joined(separator: "\n")
  }

  /// Takes from the widest columns what does not fit, but leaves each as wide as its heading.
  ///
  /// - Returns: `nil` when that is not enough.
  private func fitted(_ widths: [Int], to width: Int?) -> [Int]? {
    var widths = widths
    var surplus = widths.reduce(0, +) + 2 * (widths.count - 1) - (width ?? .max)
    while surplus > 0 {
      let room = widths.indices.dropFirst(wholeColumns)
        .map { ($0, widths[$0] - headings[$0].displayWidth) }
      guard let (column, most) = room.max(by: { $0.1 < $1.1 }), most > 0 else { return nil }
      widths[column] -= 1
      surplus -= 1
    }
    return widths
  }

  /// A line for each cell that is not empty, and an empty one between rows.
  private func blocks(isColored: Bool) -> String {
    let width = headings.map(\.displayWidth).max() ?? 0
    return rows.map { row in
      zip(headings, row).filter { !$1.isEmpty }.map { heading, cell in
        let name = heading.padded(to: width)
        return (isColored ? "\u{1B}[2m\(name)\u{1B}[0m" : name) + "  " + cell
      }.joined(separator: "\n")
    }.joined(separator: "\n\n")
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    let last = cells.count - 1
    return cells.indices
      .map { column in
        let cell = cells[column].fitted(to: widths[column])
        return column == last ? cell : cell.padded(to: widths[column])
      }
      .joined(separator: "  ")
      .trimmingTrailingSpaces
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
