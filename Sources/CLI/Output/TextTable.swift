/// Rows under headings, in columns as wide as their widest cell.
struct TextTable {
  private let headings: [String]
  private var rows: [[String]] = []
  /// Wider cells are cut; the last column never is.
  private let maximumWidth: Int

  init(_ headings: String..., maximumWidth: Int = 48) {
    self.headings = headings
    self.maximumWidth = maximumWidth
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
  /// - Parameter isColored: Whether the headings are dimmed.
  func text(isColored: Bool) -> String {
    let widths = headings.indices.map { column in
      ([headings] + rows).map { $0[column].displayWidth }.max() ?? 0
    }
    let heading = line(headings, widths)
    return ([isColored ? "\u{1B}[2m\(heading)\u{1B}[0m" : heading] + rows.map { line($0, widths) })
      .joined(separator: "\n")
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    let last = cells.count - 1
    return cells.indices
      .map { $0 == last ? cells[$0] : cells[$0].padded(to: widths[$0]) }
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
