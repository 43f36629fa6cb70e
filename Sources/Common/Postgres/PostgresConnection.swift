import CPostgres
import Executors
import Glibc
import Logging
import Synchronization

/// One connection with a thread of its own. One call at a time: the pool leases it out.
actor PostgresConnection {
  let executor: ThreadExecutor
  let logger: Logger
  var handle: ConnectionHandle?
  var cancelHandle: CancelHandle?
  var cache = StatementCache(capacity: 256)
  var isBusy = false
  /// The socket while the connection is usable, otherwise −1; for ``hasUnreadInput``.
  private nonisolated let socket = Atomic<Int32>(-1)

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private init(logger: Logger) {
    executor = ThreadExecutor(name: "postgres")
    self.logger = logger
  }

  /// Connects on a new thread.
  ///
  /// - Throws: ``PostgresError/Code/connectFailed``, ``PostgresError/Code/cancelled``.
  static func open(
    _ configuration: PostgresConfiguration, logger: Logger
  ) async throws(PostgresError) -> PostgresConnection {
    let connection = PostgresConnection(logger: logger)
    try await connection.connect(configuration)
    return connection
  }

  /// Whether calls can be made.
  nonisolated var isUsable: Bool { socket.load(ordering: .acquiring) >= 0 }

  /// Whether something came in while the connection was idle: mostly its end. One system call.
  nonisolated var hasUnreadInput: Bool {
    var descriptor = pollfd(
      fd: socket.load(ordering: .acquiring), events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&descriptor, 1, 0) > 0
  }

  /// Reads what came in while idle and tells whether the connection still stands.
  func checkHealth() -> Bool {
    guard let handle, !isBusy else { return false }
    // `isBusy` parses what was read: notices go to the log, a final one marks the connection.
    while hasUnreadInput, !handle.isBad, !handle.isBusy { handle.consumeInput() }
    if handle.isBusy || handle.isBad { close() }
    return isUsable
  }

  /// Ends the session (`PQfinish`). Open transactions are rolled back by the server.
  func close() {
    socket.store(-1, ordering: .releasing)
    cancelHandle = nil
    handle = nil
  }

  /// One round trip; see ``Call``. After a loss the connection is closed.
  func run(_ call: Call) async -> Result<[StatementResult], PostgresError> {
    await exclusively(isCancellable: call.isCancellable) { connection, handle in
      do throws(PostgresError) {
        return .success(try await connection.exchange(call, on: handle))
      } catch {
        return .failure(error)
      }
    }
  }

  /// Several statements in the simple protocol; see ``PostgresPool/script(_:timeout:file:line:)``.
  func runScript(_ text: String, as call: Call) async -> Result<Void, PostgresError> {
    await exclusively(isCancellable: call.isCancellable) { connection, handle in
      do throws(PostgresError) {
        return .success(try await connection.exchangeScript(text, as: call, on: handle))
      } catch {
        return .failure(error)
      }
    }
  }

  /// ROLLBACK unless no transaction is open; not cancellable. A failure closes the connection.
  func rollback(timeout: Duration) async {
    guard let handle, handle.transactionStatus != PQTRANS_IDLE else { return }
    let call = Call(statements: [], scope: .rollback, timeout: timeout, isCancellable: false)
    if case .failure(let error) = await run(call) {
      logger.debug("rollback failed, connection dropped", metadata: ["error": "\(error)"])
      close()
    }
  }

}

// MARK: - Connecting

extension PostgresConnection {
  private func connect(_ configuration: PostgresConfiguration) async throws(PostgresError) {
    let handle = try ConnectionHandle(
      connecting: configuration.connectionParameters, logger: logger)
    let deadline = ContinuousClock.now + configuration.connectTimeout
    var status = PGRES_POLLING_WRITING
    while status != PGRES_POLLING_OK {
      guard status != PGRES_POLLING_FAILED, !handle.isBad else {
        throw Self.connectFailure(handle.errorMessage)
      }
      let rest = deadline - ContinuousClock.now
      if Task.isCancelled { throw .cancelled }
      guard rest > .zero else { throw Self.connectFailure("connect timeout") }
      let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
      switch executor.poll(
        handle.socket, events: Int32(events), timeout: min(rest, .seconds(1)))
      {
      case .ready: status = handle.connectPoll()
      case .jobWaiting: await executor.yield()
      case .timedOut: continue
      }
    }
    guard handle.prepareForUse(), let cancelHandle = handle.makeCancelHandle() else {
      throw Self.connectFailure(handle.errorMessage)
    }
    self.handle = handle
    self.cancelHandle = cancelHandle
    socket.store(handle.socket, ordering: .releasing)
  }

  /// libpq's text names host, port, user and database, and holds neither values nor passwords.
  private static func connectFailure(_ text: String) -> PostgresError {
    let reason = text.split(separator: "\n").joined(separator: "; ")
    return PostgresError(
      code: .connectFailed, message: "no connection to the database: \(reason)", detail: text)
  }
}
