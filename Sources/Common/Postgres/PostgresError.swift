/// What went wrong with a statement, a connection or the pool.
///
/// ``description`` is safe to log and to show: it holds no parameter values. The server's own
/// text, which can hold them, is only in ``debugDescription``.
public struct PostgresError: Error, Sendable {
  /// The kind of failure; decide by this, never by text.
  public var code: Code
  /// The server's five-character SQLSTATE; `nil` when the server did not answer.
  public var sqlState: String?
  /// A text without parameter values.
  public var message: String
  /// The violated constraint's name (`PG_DIAG_CONSTRAINT_NAME`).
  public var constraint: String?
  /// The table concerned (`PG_DIAG_TABLE_NAME`).
  public var table: String?
  /// The index of the failed statement among those of the call, from 0.
  public var statementIndex: Int?
  /// The full text of the server or libpq; may hold parameter values, so never log it.
  public var detail: String?
  /// Where the failed call was made (`#fileID`).
  public var file: String
  /// The line of the failed call.
  public var line: Int

  /// Makes an error of this module; other modules make them in tests.
  public init(
    code: Code, message: String, sqlState: String? = nil, detail: String? = nil,
    file: String = #fileID, line: Int = #line
  ) {
    self.code = code
    self.message = message
    self.sqlState = sqlState
    self.detail = detail
    self.file = file
    self.line = line
  }

  /// Whether running the whole transaction again is safe and can help.
  ///
  /// `false` for ``Code/commitUnknown``: look up first what became of it.
  public var isRetryable: Bool { code.isRetryable }

  func at(_ file: String, _ line: Int) -> PostgresError {
    var copy = self
    copy.file = file
    copy.line = line
    return copy
  }

  static let cancelled = PostgresError(code: .cancelled, message: "the task was cancelled")
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
  /// Code, SQLSTATE, safe message, statement index and names of schema objects.
  public var description: String {
    var text = "PostgresError.\(code)"
    if let sqlState { text += " [\(sqlState)]" }
    text += ": \(message)"
    if let statementIndex { text += " (statement \(statementIndex))" }
    if let constraint { text += " constraint=\(constraint)" }
    if let table { text += " table=\(table)" }
    return text
  }

  /// ``description``, ``detail`` and the place of the call; may hold parameter values.
  public var debugDescription: String {
    "\(description) at \(file):\(line)" + (detail.map { "\n\($0)" } ?? "")
  }
}
