extension PostgresPool {
  /// Runs one statement, a transaction of its own, and returns its rows.
  ///
  /// - Throws: ``PostgresError``: the pool's codes, the server's, and `commitUnknown` when the
  ///   connection is lost in flight. Wraps `PQsendQueryPrepared`.
  public func query(
    _ sql: SQL, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> [Row] {
    try await single(sql, file, line).rows
  }

  /// Runs one statement, a transaction of its own, and returns how many rows it affected
  /// (`PQcmdTuples`).
  ///
  /// - Throws: as ``query(_:file:line:)``.
  @discardableResult
  public func execute(
    _ sql: SQL, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> Int {
    try await single(sql, file, line).affectedRows
  }

  /// Runs statements in one round trip and one transaction (pipeline mode, one Sync): when one
  /// fails, nothing of them stays.
  ///
  /// - Returns: The rows of each statement, in order.
  /// - Throws: as ``query(_:file:line:)``, with ``PostgresError/statementIndex``.
  @discardableResult
  public func pipeline(
    _ statements: [SQL], file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) -> [[Row]] {
    try await autocommit(statements, file, line).map(\.rows)
  }

  /// Runs text with several statements (`PQsendQuery`), as one transaction unless it says
  /// otherwise. For migrations and tests: code only, never user input.
  ///
  /// - Parameter timeout: Until the client itself ends the call; default `statementTimeout` + 2 s.
  /// - Throws: as ``query(_:file:line:)``.
  public func script(
    _ text: String, timeout: Duration? = nil, file: String = #fileID, line: Int = #line
  ) async throws(PostgresError) {
    do throws(PostgresError) {
      let connection = try await acquire()
      defer { release(connection) }
      let call = Call(statements: [], scope: .autocommit, timeout: timeout ?? callTimeout)
      try await connection.runScript(text, as: call).get()
    } catch {
      throw error.at(file, line)
    }
  }

  private func single(
    _ sql: SQL, _ file: String, _ line: Int
  ) async throws(PostgresError) -> StatementResult {
    try await autocommit([sql], file, line).first ?? StatementResult()
  }

  private func autocommit(
    _ statements: [SQL], _ file: String, _ line: Int
  ) async throws(PostgresError) -> [StatementResult] {
    if statements.isEmpty { return [] }
    let call = Call(statements: statements, scope: .autocommit, timeout: callTimeout)
    do throws(PostgresError) {
      let connection = try await acquire()
      defer { release(connection) }
      let result = await connection.run(call)
      // Rolled back before it began: the statement is prepared anew.
      if case .failure(let error) = result, error.code == .planInvalidated {
        return try await connection.run(call).get()
      }
      return try result.get()
    } catch {
      throw error.at(file, line)
    }
  }
}
