import CPostgres

/// A `PGresult`; freed (`PQclear`) with the value.
struct ServerResult: ~Copyable {
  private let pointer: OpaquePointer

  /// Takes the result over.
  init(taking pointer: OpaquePointer) { self.pointer = pointer }

  deinit { PQclear(pointer) }

  /// `PQresultStatus`.
  var status: ExecStatusType { PQresultStatus(pointer) }

  /// Rows affected (`PQcmdTuples`); 0 for commands that count none.
  var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

  /// `PQcmdStatus`: what was done, such as `COMMIT`.
  var commandTag: String { String(cString: PQcmdStatus(pointer)) }

  /// Whether the server ends the connection with this error.
  var isFatal: Bool { Self.isFatal(pointer) }

  /// Copies all rows.
  func table() -> ResultTable {
    let columnCount = PQnfields(pointer)
    let rowCount = PQntuples(pointer)
    var bytes: [UInt8] = []
    var ranges: [(start: Int, end: Int)] = []
    ranges.reserveCapacity(Int(columnCount) * Int(rowCount))
    for row in 0..<rowCount {
      for column in 0..<columnCount {
        guard PQgetisnull(pointer, row, column) == 0 else {
          ranges.append((-1, -1))
          continue
        }
        let length = Int(PQgetlength(pointer, row, column))
        let start = bytes.count
        bytes.append(
          contentsOf: UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: length)
        )
        ranges.append((start, start + length))
      }
    }
    return ResultTable(
      columns: (0..<columnCount).map { String(cString: PQfname(pointer, $0)) },
      types: (0..<columnCount).map { PQftype(pointer, $0) }, bytes: bytes, ranges: ranges)
  }

  /// The error that this result stands for.
  func error() -> PostgresError {
    let detail = String(cString: PQresultErrorMessage(pointer))
    guard let state = Self.field(.sqlState, of: pointer) else {
      return PostgresError(
        code: .connectionLost, message: "the connection was lost", detail: detail)
    }
    let meaning = SQLState(value: state)
    var error = PostgresError(
      code: meaning.code,
      message: meaning.safeMessage(primary: Self.field(.primaryMessage, of: pointer) ?? ""),
      sqlState: state, detail: detail)
    error.constraint = Self.field(.constraint, of: pointer)
    error.table = Self.field(.table, of: pointer)
    return error
  }

  /// The field codes of `PQresultErrorField`: `PG_DIAG_…` are character macros, which Swift
  /// does not import.
  private enum Field: UInt8 {
    case severity = 0x56  // V
    case sqlState = 0x43  // C
    case primaryMessage = 0x4D  // M
    case table = 0x74  // t
    case constraint = 0x6E  // n
  }

  private static func field(_ field: Field, of result: OpaquePointer) -> String? {
    PQresultErrorField(result, Int32(field.rawValue)).map { String(cString: $0) }
  }

  /// Whether a notice is the server's end of the session. Does not free it: libpq owns it.
  static func isFatal(_ borrowed: OpaquePointer) -> Bool {
    let severity = field(.severity, of: borrowed)
    return severity == "FATAL" || severity == "PANIC"
  }

  /// A notice in safe words, for the log. Does not free it: libpq owns it.
  static func notice(_ borrowed: OpaquePointer) -> (severity: String, text: String) {
    let state = SQLState(value: field(.sqlState, of: borrowed) ?? "")
    let primary = field(.primaryMessage, of: borrowed) ?? ""
    let isHarmless = state.value.hasPrefix("00") || state.value.hasPrefix("01")
    return (
      field(.severity, of: borrowed) ?? "",
      isHarmless ? "SQLSTATE \(state.value)" : state.safeMessage(primary: primary)
    )
  }
}
