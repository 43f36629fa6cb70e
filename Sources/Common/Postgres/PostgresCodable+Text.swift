public import FoundationEssentials

/// `text`; reads all text types, `json` and the labels of enums.
///
/// A NUL character is refused by the server (22021).
extension String: PostgresCodable {
  public static var postgresType: PostgresType { .text }
  public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    let bytes = try cell.value()
    guard PostgresType.textOIDs.contains(cell.type) || cell.type >= PostgresType.firstUserOID
    else { throw .init("the type with OID \(cell.type)") }
    self = String(decoding: bytes, as: UTF8.self)
  }
}

/// An element of `bytea`: `[UInt8]` is sent and read as `bytea`, never as an array.
extension UInt8: PostgresCodable {
  public static var postgresType: PostgresType { .int2 }
  public static var postgresArrayType: PostgresType { .bytea }
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: Int16(self)) }
  public static func encodeArray(_ values: [UInt8], into buffer: inout [UInt8]) {
    buffer.append(contentsOf: values)
  }
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    guard let value = UInt8(exactly: try Int16(postgres: cell)) else {
      throw .init("an integer out of range")
    }
    self = value
  }
  public static func decodeArray(
    _ cell: PostgresCell
  ) throws(PostgresCell.Mismatch) -> [UInt8] {
    Array(try cell.value(of: .bytea))
  }
}

/// `uuid`.
extension UUID: PostgresCodable {
  public static var postgresType: PostgresType { .uuid }
  public func encode(into buffer: inout [UInt8]) {
    withUnsafeBytes(of: uuid) { buffer.append(contentsOf: $0) }
  }
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    let bytes = try cell.value(of: .uuid)
    guard bytes.count == 16 else { throw .init("a value that is cut short") }
    self.init(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) })
  }
}
