/// One row of a result. Rows of a result share its memory; libpq's own is already freed.
public struct Row: Sendable {
  let table: ResultTable
  let index: Int

  /// The columns' names, in order.
  public var columns: [String] { table.columns }

  /// The raw cell of a column; `nil` when there is no such column.
  public subscript(_ column: String) -> PostgresCell? {
    table.position[column].map { table.cell(row: index, column: $0) }
  }

  /// Reads a column by name; of equal names the first.
  ///
  /// - Throws: ``PostgresError/Code/decoding`` with the column's name and the type wanted.
  public func decode<T: PostgresDecodable>(
    _ column: String, as type: T.Type = T.self, file: String = #fileID, line: Int = #line
  ) throws(PostgresError) -> T {
    guard let position = table.position[column] else {
      throw PostgresError(
        code: .decoding, message: "no column \"\(column)\" in the result", file: file, line: line)
    }
    return try decode(at: position, as: type, file: file, line: line)
  }

  /// Reads a column by its position, from 0.
  ///
  /// - Throws: ``PostgresError/Code/decoding`` with the column's name and the type wanted.
  public func decode<T: PostgresDecodable>(
    at position: Int, as type: T.Type = T.self, file: String = #fileID, line: Int = #line
  ) throws(PostgresError) -> T {
    guard table.columns.indices.contains(position) else {
      throw PostgresError(
        code: .decoding, message: "no column at \(position) in the result", file: file, line: line)
    }
    do {
      return try T(postgres: table.cell(row: index, column: position))
    } catch {
      throw PostgresError(
        code: .decoding,
        message: "column \"\(table.columns[position])\": wanted \(T.self), found \(error.found)",
        file: file, line: line)
    }
  }
}

/// The values of one result, copied out of libpq into one buffer.
final class ResultTable: Sendable {
  let columns: [String]
  let position: [String: Int]
  private let types: [UInt32]
  private let bytes: [UInt8]
  /// Start and end of each cell in ``bytes``, row by row; start −1 is NULL.
  private let ranges: [(start: Int, end: Int)]

  init(columns: [String], types: [UInt32], bytes: [UInt8], ranges: [(start: Int, end: Int)]) {
    self.columns = columns
    self.types = types
    self.bytes = bytes
    self.ranges = ranges
    position = Dictionary(
      zip(columns, columns.indices), uniquingKeysWith: { first, _ in first })
  }

  var rows: [Row] {
    guard !columns.isEmpty else { return [] }
    return (0..<(ranges.count / columns.count)).map { Row(table: self, index: $0) }
  }

  func cell(row: Int, column: Int) -> PostgresCell {
    let (start, end) = ranges[row * columns.count + column]
    return PostgresCell(type: types[column], bytes: start < 0 ? nil : bytes[start..<end])
  }
}
