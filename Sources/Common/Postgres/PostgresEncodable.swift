/// A value that can be a parameter: `SQL("… WHERE id = \(id)")`.
///
/// A newtype or enum over an encodable raw value conforms with an empty extension.
public protocol PostgresEncodable: Sendable {
  /// The server type that parameters of this type are declared with.
  static var postgresType: PostgresType { get }

  /// The type that an array of these is declared with. Default: the array of ``postgresType``.
  static var postgresArrayType: PostgresType { get }

  /// Whether the value is NULL; then ``encode(into:)`` is not called. Default: `false`.
  var isPostgresNull: Bool { get }

  /// Appends the value's bytes in the format of ``postgresType``, without a length.
  func encode(into buffer: inout [UInt8])

  /// Appends a one-dimensional array of values. Default: PostgreSQL's array format.
  static func encodeArray(_ values: [Self], into buffer: inout [UInt8])
}

extension PostgresEncodable {
  /// The array of ``postgresType``.
  public static var postgresArrayType: PostgresType { postgresType.array }

  /// `false`.
  public var isPostgresNull: Bool { false }

  /// Appends an array in binary or, for types sent as text, in array syntax.
  public static func encodeArray(_ values: [Self], into buffer: inout [UInt8]) {
    switch postgresType.format {
    case .binary: encodeBinaryArray(values, into: &buffer)
    case .text: encodeTextArray(values, into: &buffer)
    }
  }

  /// `array_send`: dimensions, NULL flag, element OID, length, lower bound, elements.
  private static func encodeBinaryArray(_ values: [Self], into buffer: inout [UInt8]) {
    buffer.append(bigEndian: Int32(values.isEmpty ? 0 : 1))
    buffer.append(bigEndian: Int32(values.contains { $0.isPostgresNull } ? 1 : 0))
    buffer.append(bigEndian: postgresType.oid)
    if values.isEmpty { return }
    buffer.append(bigEndian: Int32(clamping: values.count))
    buffer.append(bigEndian: Int32(1))
    for value in values {
      if value.isPostgresNull {
        buffer.append(bigEndian: Int32(-1))
        continue
      }
      let lengthIndex = buffer.count
      buffer.append(bigEndian: Int32(0))
      value.encode(into: &buffer)
      buffer.replace(at: lengthIndex, bigEndian: Int32(clamping: buffer.count - lengthIndex - 4))
    }
  }

  /// `{"a","b",NULL}`, each element quoted and escaped.
  private static func encodeTextArray(_ values: [Self], into buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "{"))
    for (index, value) in values.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      if value.isPostgresNull {
        buffer.append(contentsOf: "NULL".utf8)
        continue
      }
      var element: [UInt8] = []
      value.encode(into: &element)
      buffer.append(UInt8(ascii: "\""))
      for byte in element {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
          buffer.append(UInt8(ascii: "\\"))
        }
        buffer.append(byte)
      }
      buffer.append(UInt8(ascii: "\""))
    }
    buffer.append(UInt8(ascii: "}"))
  }
}

/// NULL when `nil`.
extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
  /// As the wrapped type.
  public static var postgresType: PostgresType { Wrapped.postgresType }
  /// `true` for `nil`.
  public var isPostgresNull: Bool { self?.isPostgresNull ?? true }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { self?.encode(into: &buffer) }
}

/// A one-dimensional array; `[UInt8]` is `bytea`, `[[UInt8]]` is `bytea[]`.
extension Array: PostgresEncodable where Element: PostgresEncodable {
  /// The element's array type.
  public static var postgresType: PostgresType { Element.postgresArrayType }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { Element.encodeArray(self, into: &buffer) }
}

/// Newtypes and enums travel as their raw value.
extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
  /// As the raw value.
  public static var postgresType: PostgresType { RawValue.postgresType }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { rawValue.encode(into: &buffer) }
}

extension [UInt8] {
  mutating func append(bigEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }

  mutating func replace(at index: Int, bigEndian value: Int32) {
    Swift.withUnsafeBytes(of: value.bigEndian) { bytes in
      for offset in 0..<4 { self[index + offset] = bytes[offset] }
    }
  }
}
