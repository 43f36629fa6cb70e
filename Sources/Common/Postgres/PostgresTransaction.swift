import Synchronization

/// An open transaction, valid inside the body of
/// ``PostgresPool/transaction(isolation:attempts:file:line:_:)``. One call at a time.
///
/// BEGIN travels with the first call. After an error only the end of the body makes sense: the
/// server refuses further statements (`transactionAborted`).
public final class PostgresTransaction: Sendable {
  /// How much of other transactions is seen.
  public enum Isolation: String, Sendable {
    /// Each statement sees what was committed before it. The default.
    case readCommitted = "READ COMMITTED"
    /// All statements see one snapshot; conflicting updates fail with 40001.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other; others fail with 40001.
    case serializable = "SERIALIZABLE"
  }

  private struct State {
    var hasBegun = false
    var isOver = false
    var failure: PostgresError?
  }

  private let connection: PostgresConnection
  private let isolation: Isolation
  private let timeout: Duration
  private let state = Mutex(State())

  init(on connection: PostgresConnection, isolation: Isolation, timeout: Duration) {
    self.connection = connection
    self.isolation = isolation
    self.timeout = timeout
  }

  /// Runs one statement and returns its rows.
  ///
  /// - Throws: ``PostgresError``; `connectionLost` means that nothing is committed.
  public func query(
    _ sql: SQL, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> [Row] {
    try await call([sql], file, line).first?.rows ?? []
  }

  /// Runs one statement and returns how many rows it affected (`PQcmdTuples`).
  ///
  /// - Throws: as ``query(_:file:line:)``.
  @discardableResult
  public func execute(
    _ sql: SQL, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> Int {
    try await call([sql], file, line).first?.affectedRows ?? 0
  }

  /// Runs statements in one round trip; the rows of each, in order.
  ///
  /// - Throws: as ``query(_:file:line:)``, with ``PostgresError/statementIndex``.
  @discardableResult
  public func pipeline(
    _ statements: [SQL], file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> [[Row]] {
    if statements.isEmpty { return [] }
    return try await call(statements, file, line).map(\.rows)
  }

  /// Runs statements and COMMIT in one round trip; afterwards the transaction is over.
  ///
  /// - Returns: The rows of each statement, in order; they are committed.
  /// - Throws: ``PostgresError``; `commitUnknown` when the connection is lost in flight.
  @discardableResult
  public func commit(
    after statements: [SQL], file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> [[Row]] {
    try await call(statements, commits: true, file, line).map(\.rows)
  }

  /// Runs text with several statements (`PQsendQuery`) that neither begin nor end a transaction.
  ///
  /// - Throws: as ``query(_:file:line:)``; `badArgument` when the text ended the transaction.
  public func script(
    _ text: String, timeout: Duration? = nil, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) {
    _ = try await call([], file, line)
    let call = Call(statements: [], scope: .inside, timeout: timeout ?? self.timeout)
    _ = try noted(await connection.runScript(text, as: call), file, line)
  }

  /// The first error of the server or the connection, whatever the body made of it.
  var failure: PostgresError? { state.withLock { $0.failure } }

  /// COMMIT when something was sent and the body did not commit.
  func finish(_ file: String, _ line: Int) async throws(PostgresError) {
    if let failure { throw failure }
    let isOpen = state.withLock { $0.hasBegun && !$0.isOver }
    if isOpen { _ = try await call([], commits: true, file, line) }
  }

  /// ROLLBACK when it is open, also when the task is cancelled.
  func abandon() async {
    state.withLock { $0.isOver = true }
    await connection.rollback(timeout: timeout)
  }

  private func call(
    _ statements: [SQL], commits: Bool = false, _ file: String, _ line: Int
  ) async throws(PostgresError) -> [StatementResult] {
    let (isOver, hadBegun) = state.withLock { state in
      defer { state.hasBegun = true }
      return (state.isOver, state.hasBegun)
    }
    guard !isOver else {
      throw PostgresError(
        code: .badArgument, message: "the transaction is over", file: file, line: line)
    }
    let scope: Call.Scope =
      hadBegun ? .inside : .opening("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
    let call = Call(statements: statements, scope: scope, commits: commits, timeout: timeout)
    do throws(PostgresError) {
      let results = try noted(await connection.run(call), file, line)
      if commits { state.withLock { $0.isOver = true } }
      return results
    } catch {
      // Nothing may have been sent, BEGIN neither: what follows must not commit by itself.
      let isUnsent = [.badArgument, .cancelled].contains(error.code)
      if !hadBegun, isUnsent { state.withLock { $0.hasBegun = false } }
      throw error
    }
  }

  private func noted<T>(
    _ result: Result<T, PostgresError>, _ file: String, _ line: Int
  ) throws(PostgresError) -> T {
    do throws(PostgresError) {
      return try result.get()
    } catch {
      state.withLock { if $0.failure == nil { $0.failure = error.at(file, line) } }
      throw error.at(file, line)
    }
  }
}
