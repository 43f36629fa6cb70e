public import FoundationEssentials

/// `text`; reads all text types, `json` and the labels of enums.
///
/// A NUL character is refused by the server (22021).
extension String: PostgresCodable {
  /// Declared as `text`.
  public static var postgresType: PostgresType { .text }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    let bytes = try cell.value()
    guard PostgresType.textOIDs.contains(cell.type) || cell.type >= PostgresType.firstUserOID
    else { throw .init("the type with OID \(cell.type)") }
    self = String(decoding: bytes, as: UTF8.self)
  }
}

/// An element of `bytea`: `[UInt8]` is sent and read as `bytea`, never as an array.
extension UInt8: PostgresCodable {
  /// Declared as `smallint`.
  public static var postgresType: PostgresType { .int2 }
  /// Declared as `bytea`.
  public static var postgresArrayType: PostgresType { .bytea }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: Int16(self)) }
  /// Appends the bytes as they are.
  public static func encodeArray(_ values: [UInt8], into buffer: inout [UInt8]) {
    buffer.append(contentsOf: values)
  }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    guard let value = UInt8(exactly: try Int16(postgres: cell)) else {
      throw .init("an integer out of range")
    }
    self = value
  }
  /// Copies the bytes of a `bytea`.
  public static func decodeArray(
    _ cell: PostgresCell
  ) throws(PostgresCell.Mismatch) -> [UInt8] {
    Array(try cell.value(of: .bytea))
  }
}

/// `uuid`.
extension UUID: PostgresCodable {
  /// Declared as `uuid`.
  public static var postgresType: PostgresType { .uuid }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) {
    withUnsafeBytes(of: uuid) { buffer.append(contentsOf: $0) }
  }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    let bytes = try cell.value(of: .uuid)
    guard bytes.count == 16 else { throw .init("a value that is cut short") }
    self.init(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
  }
}
