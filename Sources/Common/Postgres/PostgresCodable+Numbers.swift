/// A type that travels both ways.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// `boolean`.
extension Bool: PostgresCodable {
  /// Declared as `boolean`.
  public static var postgresType: PostgresType { .bool }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(self ? 1 : 0) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try cell.value(of: .bool).first == 1
  }
}

/// `smallint`; reads every integer type whose value fits.
extension Int16: PostgresCodable {
  /// Declared as `smallint`.
  public static var postgresType: PostgresType { .int2 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try cell.integer()
  }
}

/// `integer`; reads every integer type whose value fits.
extension Int32: PostgresCodable {
  /// Declared as `integer`.
  public static var postgresType: PostgresType { .int4 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try cell.integer()
  }
}

/// `bigint`; reads every integer type.
extension Int64: PostgresCodable {
  /// Declared as `bigint`.
  public static var postgresType: PostgresType { .int8 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: self) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try cell.integer()
  }
}

/// `bigint`; reads every integer type.
extension Int: PostgresCodable {
  /// Declared as `bigint`.
  public static var postgresType: PostgresType { .int8 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: Int64(self)) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    self = try cell.integer()
  }
}

/// `real`.
extension Float: PostgresCodable {
  /// Declared as `real`.
  public static var postgresType: PostgresType { .float4 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: bitPattern) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    var reader = BinaryReader(try cell.value(of: .float4))
    self = Float(bitPattern: try reader.integer(UInt32.self))
  }
}

/// `double precision`; reads `real` too.
extension Double: PostgresCodable {
  /// Declared as `double precision`.
  public static var postgresType: PostgresType { .float8 }
  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) { buffer.append(bigEndian: bitPattern) }
  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    if cell.type == PostgresType.float4.oid {
      self = Double(try Float(postgres: cell))
      return
    }
    var reader = BinaryReader(try cell.value(of: .float8))
    self = Double(bitPattern: try reader.integer(UInt64.self))
  }
}

extension PostgresCell {
  /// An integer of any width that fits. `numeric` (as of `sum(bigint)`) wants a cast in the query.
  fileprivate func integer<T: FixedWidthInteger>() throws(Mismatch) -> T {
    var reader = BinaryReader(try value())
    let wide: Int64
    switch type {
    case PostgresType.int2.oid: wide = Int64(try reader.integer(Int16.self))
    case PostgresType.int4.oid: wide = Int64(try reader.integer(Int32.self))
    case PostgresType.int8.oid: wide = try reader.integer(Int64.self)
    case 26: wide = Int64(try reader.integer(UInt32.self))  // oid
    case 1700: throw Mismatch("numeric, which the query must cast")
    default: throw Mismatch("the type with OID \(type)")
    }
    guard let value = T(exactly: wide) else { throw Mismatch("an integer out of range") }
    return value
  }
}
