/// One value of a row as it came from the server.
public struct PostgresCell: Sendable {
  /// The OID of the column's type.
  public let type: UInt32
  /// The value in binary format; `nil` for NULL.
  public let bytes: ArraySlice<UInt8>?

  /// A cell for tests and for types that decode a part of themselves.
  public init(type: UInt32, bytes: ArraySlice<UInt8>?) {
    self.type = type
    self.bytes = bytes
  }

  /// The bytes of a value that must not be NULL.
  ///
  /// - Throws: ``Mismatch`` when it is NULL.
  public func value() throws(Mismatch) -> ArraySlice<UInt8> {
    guard let bytes else { throw Mismatch("NULL") }
    return bytes
  }

  /// The bytes when the column has the expected type.
  func value(of expected: PostgresType) throws(Mismatch) -> ArraySlice<UInt8> {
    let bytes = try value()
    guard type == expected.oid else { throw Mismatch("the type with OID \(type)") }
    return bytes
  }

  /// Why a cell cannot be read as the type asked for.
  public struct Mismatch: Error, Sendable {
    /// What was found, without the value: `"NULL"`, `"the type with OID 1700"`.
    public let found: String

    /// A mismatch; `found` must not quote the value.
    public init(_ found: String) { self.found = found }
  }
}
