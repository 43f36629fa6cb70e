extension PostgresPool {
  /// Runs a body between BEGIN and COMMIT.
  ///
  /// The body may run several times, each time from the start in a new transaction, when the
  /// server asks for it (40001, 40P01, an outdated plan): it must have no effects outside of the
  /// transaction. An error of the body rolls back and is rethrown. When the task is cancelled the
  /// statement in flight is cancelled too. An error of the server that the body swallowed is
  /// thrown at the end, as its transaction is lost anyway.
  ///
  /// - Parameters:
  ///   - isolation: Default READ COMMITTED.
  ///   - attempts: How often the body runs at most. Default 5, with 5 to 160 ms between.
  ///   - body: Uses the transaction, and only while it runs.
  /// - Returns: What the body returned; it is committed.
  /// - Throws: The body's error, or ``PostgresError``: `commitUnknown` when the connection was
  ///   lost with COMMIT in flight, which is never retried here.
  @discardableResult
  public func transaction<T: Sendable>(
    isolation: PostgresTransaction.Isolation = .readCommitted, attempts: Int = 5,
    file: String = #fileID, line: Int = #line,
    _ body: @Sendable (PostgresTransaction) async throws -> T
  ) async throws -> T {
    var attempt = 1
    while true {
      switch await attemptTransaction(isolation, file, line, body) {
      case .done(let value): return value
      case .failed(let error, let mayRestart):
        guard mayRestart, attempt < attempts, !Task.isCancelled else { throw error }
      }
      try await Task.sleep(for: Self.pause(after: attempt))
      attempt += 1
    }
  }

  private enum Attempt<T: Sendable>: Sendable {
    case done(T)
    case failed(any Error, mayRestart: Bool)
  }

  private func attemptTransaction<T: Sendable>(
    _ isolation: PostgresTransaction.Isolation, _ file: String, _ line: Int,
    _ body: @Sendable (PostgresTransaction) async throws -> T
  ) async -> Attempt<T> {
    let connection: PostgresConnection
    do throws(PostgresError) {
      connection = try await acquire()
    } catch {
      return .failed(error.at(file, line), mayRestart: false)
    }
    defer { release(connection) }
    let transaction = PostgresTransaction(
      on: connection, isolation: isolation, timeout: callTimeout)
    do {
      let value = try await body(transaction)
      try await transaction.finish(file, line)
      return .done(value)
    } catch {
      await transaction.abandon()
      return .failed(
        error, mayRestart: transaction.failure?.code.restartsTransaction ?? false)
    }
  }

  /// 5, 10, 20, … ms, half of it random, so that the same two do not meet again.
  private static func pause(after attempt: Int) -> Duration {
    .microseconds(
      Int64((2500 << min(attempt - 1, 5)) + Int.random(in: 0...(2500 << min(attempt - 1, 5)))))
  }
}
