/// A value that can be read from a column: `try row.decode("id", as: UUID.self)`.
///
/// A newtype or enum over a decodable raw value conforms with an empty extension.
public protocol PostgresDecodable: Sendable {
  /// Reads one cell.
  ///
  /// - Throws: ``PostgresCell/Mismatch`` when the cell is NULL or of another type; the row turns
  ///   it into ``PostgresError`` with the column's name.
  init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch)

  /// Reads a one-dimensional array. Default: PostgreSQL's array format.
  static func decodeArray(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Self]
}

extension PostgresDecodable {
  /// Reads `array_send` of one dimension.
  public static func decodeArray(
    _ cell: PostgresCell
  ) throws(PostgresCell.Mismatch) -> [Self] {
    var reader = BinaryReader(try cell.value())
    let dimensions = try reader.integer(Int32.self)
    _ = try reader.integer(Int32.self)
    let elementType = try reader.integer(UInt32.self)
    if dimensions == 0 { return [] }
    guard dimensions == 1 else { throw .init("an array of \(dimensions) dimensions") }
    let count = try reader.integer(Int32.self)
    _ = try reader.integer(Int32.self)
    var values: [Self] = []
    for _ in 0..<max(0, count) {
      let length = try reader.integer(Int32.self)
      let bytes = length < 0 ? nil : try reader.bytes(Int(length))
      values.append(try Self(postgres: PostgresCell(type: elementType, bytes: bytes)))
    }
    return values
  }
}

/// `nil` when NULL.
extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = cell.bytes == nil ? nil : try Wrapped(postgres: cell)
  }
}

/// A one-dimensional array; `[UInt8]` reads `bytea`, `[[UInt8]]` reads `bytea[]`.
extension Array: PostgresDecodable where Element: PostgresDecodable {
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try Element.decodeArray(cell)
  }
}

/// Newtypes and enums are read as their raw value; one they do not know is a mismatch.
extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    guard let value = Self(rawValue: try RawValue(postgres: cell)) else {
      throw .init("a raw value that \(Self.self) does not know")
    }
    self = value
  }
}

/// Reads big-endian fields off a cell and checks every length.
struct BinaryReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  mutating func bytes(_ count: Int) throws(PostgresCell.Mismatch) -> ArraySlice<UInt8> {
    guard count >= 0, count <= rest.count else { throw .init("a value that is cut short") }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  mutating func integer<T: FixedWidthInteger>(
    _ type: T.Type
  ) throws(PostgresCell.Mismatch) -> T {
    let field = try bytes(MemoryLayout<T>.size)
    return field.withUnsafeBytes { T(bigEndian: $0.loadUnaligned(as: T.self)) }
  }
}
