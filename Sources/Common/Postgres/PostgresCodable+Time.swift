public import FoundationEssentials

/// `timestamp with time zone`, in microseconds; reads `timestamp` as UTC too.
///
/// The server's `infinity` and `-infinity` are a decoding error; a date beyond what the server
/// can hold (years −4713 to 294276) is sent as one of them.
extension Date: PostgresCodable {
  /// 2000-01-01 00:00 UTC, PostgreSQL's epoch, in seconds after 2001-01-01.
  private static let epoch = -31_622_400.0

  /// Declared as `timestamptz`.
  public static var postgresType: PostgresType { .timestamptz }

  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) {
    let microseconds = ((timeIntervalSinceReferenceDate - Self.epoch) * 1_000_000).rounded()
    let infinity = microseconds < 0 ? Int64.min : Int64.max
    buffer.append(bigEndian: Int64(exactly: microseconds) ?? infinity)
  }

  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    guard cell.type == PostgresType.timestamptz.oid || cell.type == 1114 else {
      throw .init(cell.bytes == nil ? "NULL" : "the type with OID \(cell.type)")
    }
    var reader = BinaryReader(try cell.value())
    let microseconds = try reader.integer(Int64.self)
    if microseconds == .max || microseconds == .min { throw .init("an infinite timestamp") }
    let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    self.init(
      timeIntervalSinceReferenceDate: Double(seconds) + Self.epoch + Double(fraction) / 1_000_000)
  }
}

/// `interval` without days and months, in microseconds (finer parts are cut off).
///
/// An interval with months is a decoding error; a day counts as 24 hours.
extension Duration: PostgresCodable {
  /// Declared as `interval`.
  public static var postgresType: PostgresType { .interval }

  /// Appends the value in the type's wire format.
  public func encode(into buffer: inout [UInt8]) {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    let (sum, overflow2) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    let limit = seconds < 0 ? Int64.min : Int64.max
    buffer.append(bigEndian: overflow || overflow2 ? limit : sum)
    buffer.append(bigEndian: Int32(0))
    buffer.append(bigEndian: Int32(0))
  }

  /// - Throws: ``PostgresCell/Mismatch`` for NULL and for types not named above.
  public init(postgres cell: PostgresCell) throws(PostgresCell.Mismatch) {
    var reader = BinaryReader(try cell.value(of: .interval))
    let microseconds = try reader.integer(Int64.self)
    let days = try reader.integer(Int32.self)
    guard try reader.integer(Int32.self) == 0 else { throw .init("an interval with months") }
    self = .microseconds(microseconds) + .seconds(Int64(days) * 86_400)
  }
}
