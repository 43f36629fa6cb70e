extension PostgresError {
  /// The kinds of failure. More may be added: a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case connectFailed, connectionLost, commitUnknown, poolTimeout, poolClosed
      case statementTimeout, lockTimeout, serializationFailure, deadlock, planInvalidated
      case uniqueViolation, checkViolation, foreignKeyViolation, notNullViolation
      case transactionAborted, cancelled, decoding, badArgument, migration, server
    }

    private let kind: Kind

    /// The name of the code, as in `"uniqueViolation"`.
    public var description: String { kind.rawValue }

    /// No connection could be made within `connectTimeout`; nothing was sent. Retryable.
    public static let connectFailed = Code(kind: .connectFailed)
    /// The connection is gone and what was sent is certainly not committed. Retryable.
    public static let connectionLost = Code(kind: .connectionLost)
    /// The connection was lost while a COMMIT, or a statement that commits by itself, was in
    /// flight: look up what became of it. A statement that only reads may simply run again.
    public static let commitUnknown = Code(kind: .commitUnknown)
    /// No connection became free within `acquireTimeout`; nothing was sent. Retryable.
    public static let poolTimeout = Code(kind: .poolTimeout)
    /// The pool has been shut down.
    public static let poolClosed = Code(kind: .poolClosed)
    /// The statement took longer than allowed (57014) and was rolled back.
    public static let statementTimeout = Code(kind: .statementTimeout)
    /// A lock was not granted within `lockTimeout` (55P03). Retryable.
    public static let lockTimeout = Code(kind: .lockTimeout)
    /// 40001. ``PostgresPool/transaction(isolation:attempts:file:line:_:)`` retries it by itself.
    public static let serializationFailure = Code(kind: .serializationFailure)
    /// 40P01. ``PostgresPool/transaction(isolation:attempts:file:line:_:)`` retries it by itself.
    public static let deadlock = Code(kind: .deadlock)
    /// A prepared statement no longer fits the schema (0A000, 26000); prepared anew when retried.
    public static let planInvalidated = Code(kind: .planInvalidated)
    /// 23505; see ``PostgresError/constraint``.
    public static let uniqueViolation = Code(kind: .uniqueViolation)
    /// 23514; see ``PostgresError/constraint``.
    public static let checkViolation = Code(kind: .checkViolation)
    /// 23503; see ``PostgresError/constraint``.
    public static let foreignKeyViolation = Code(kind: .foreignKeyViolation)
    /// 23502.
    public static let notNullViolation = Code(kind: .notNullViolation)
    /// An earlier statement of the transaction failed (25P02), so this one was not run.
    public static let transactionAborted = Code(kind: .transactionAborted)
    /// The task was cancelled and the statement with it; nothing of it is committed.
    public static let cancelled = Code(kind: .cancelled)
    /// A column is missing, NULL or of another type than asked for.
    public static let decoding = Code(kind: .decoding)
    /// A mistake of the caller; nothing was sent.
    public static let badArgument = Code(kind: .badArgument)
    /// A migration's text changed after it was applied, or numbers are out of order.
    public static let migration = Code(kind: .migration)
    /// Any other error of the server; see ``PostgresError/sqlState``.
    public static let server = Code(kind: .server)

    var isRetryable: Bool {
      switch kind {
      case .connectFailed, .connectionLost, .poolTimeout, .lockTimeout, .serializationFailure,
        .deadlock, .planInvalidated:
        true
      default: false
      }
    }

    /// Whether the pool itself runs the transaction's body again.
    var restartsTransaction: Bool {
      self == .serializationFailure || self == .deadlock || self == .planInvalidated
    }
  }
}
