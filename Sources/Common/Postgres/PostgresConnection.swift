import CPostgres
import Executors
import Glibc
import Logging
import Synchronization

/// One connection with a thread of its own. One call at a time: the pool leases it out.
actor PostgresConnection {
  private let executor: ThreadExecutor
  private let logger: Logger
  private var handle: ConnectionHandle?
  private var cancelHandle: CancelHandle?
  private var cache = StatementCache(capacity: 256)
  private var isBusy = false
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
      case .jobWaiting: await Task.yield()
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

// MARK: - Calls

extension PostgresConnection {
  /// Guards against a second call at the same time, arms cancellation and settles it afterwards.
  private func exclusively<T: Sendable>(
    isCancellable: Bool,
    _ body: (isolated PostgresConnection, ConnectionHandle) async -> Result<T, PostgresError>
  ) async -> Result<T, PostgresError> {
    guard !isBusy else {
      return .failure(
        PostgresError(code: .badArgument, message: "one call at a time in a transaction"))
    }
    guard let handle, let cancelHandle else {
      return .failure(PostgresError(code: .connectionLost, message: "the connection was lost"))
    }
    if isCancellable, Task.isCancelled { return .failure(.cancelled) }
    isBusy = true
    defer { isBusy = false }
    cancelHandle.arm()
    let result =
      isCancellable
      ? await withTaskCancellationHandler(
        operation: { await body(self, handle) }, onCancel: { cancelHandle.fireIfArmed() })
      : await body(self, handle)
    if cancelHandle.disarm() { await settle(cancelHandle) }
    return result
  }

  /// Waits until a cancel request is through, so that it cannot hit the next call.
  private func settle(_ cancelHandle: CancelHandle) async {
    let deadline = ContinuousClock.now + CallWatch.grace
    while cancelHandle.isRunning {
      guard ContinuousClock.now < deadline else { return close() }
      if executor.poll(-1, events: 0, timeout: .milliseconds(2)) == .jobWaiting {
        await Task.yield()
      }
    }
  }

  private func exchange(
    _ call: Call, on handle: ConnectionHandle
  ) async throws(PostgresError) -> [StatementResult] {
    try check(call.statements)
    var reading = Reading(call)
    let steps = cache.plan(call)
    guard steps.allSatisfy({ queue($0, of: call, on: handle) }), handle.sync() else {
      let error = PostgresError(
        code: .connectionLost, message: "the connection was lost", detail: handle.errorMessage)
      close()
      throw error
    }
    for step in steps {
      let result = try await answer(on: handle, &reading)
      take(result, of: step, call, &reading.progress)
      while try await nextResult(on: handle, &reading) != nil {}
    }
    _ = try await answer(on: handle, &reading)  // PGRES_PIPELINE_SYNC
    try checkTransaction(after: call, on: handle)
    if let failure = reading.progress.failure { throw failure }
    return reading.progress.results
  }

  private func check(_ statements: [SQL]) throws(PostgresError) {
    for (index, statement) in statements.enumerated() where statement.parameterCount > 65_535 {
      var error = PostgresError(code: .badArgument, message: "more than 65,535 parameters")
      error.statementIndex = index
      throw error
    }
  }

  private func queue(_ step: CallStep, of call: Call, on handle: ConnectionHandle) -> Bool {
    switch step {
    case .control(let text): handle.send(text)
    case .deallocate(let name): handle.send("DEALLOCATE \(name)")
    case .prepare(let key, let name, _):
      handle.sendPrepare(name: name, text: key.text, types: key.types)
    case .execute(let name, let statement):
      handle.sendExecute(name: name, parameters: call.statements[statement].parameters)
    case .commit: handle.send("COMMIT")
    }
  }

  private func take(
    _ result: borrowing ServerResult, of step: CallStep, _ call: Call,
    _ progress: inout CallProgress
  ) {
    switch result.status {
    case PGRES_PIPELINE_ABORTED: return
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK: break
    default: return fail(result.error(), step.statement, call, &progress)
    }
    switch step {
    case .control: break
    case .deallocate(let name): cache.remove(dropped: name)
    case .prepare(let key, let name, _): cache.insert(key, name: name)
    case .execute(_, let statement):
      let rows = result.status == PGRES_TUPLES_OK ? result.table().rows : []
      progress.complete(statement, .init(rows: rows, affectedRows: result.affectedRows))
    case .commit where result.commandTag != "COMMIT":
      let error = PostgresError(
        code: .transactionAborted, message: "the transaction had failed and was rolled back")
      progress.fail(error, statement: nil)
    case .commit: break
    }
  }

  private func fail(
    _ error: PostgresError, _ statement: Int?, _ call: Call, _ progress: inout CallProgress
  ) {
    var error = error
    if error.code == .planInvalidated {
      if error.sqlState == "0A000", !error.message.hasPrefix("cached plan") {
        error.code = .server
      } else {
        cache.invalidate(areGone: error.sqlState == "26000")
      }
    }
    if error.code == .statementTimeout, call.isCancellable, Task.isCancelled {
      error.code = .cancelled
      error.message = PostgresError.cancelled.message
    }
    progress.fail(error, statement: statement)
  }

  /// A statement must not open or end a transaction behind the caller's back.
  private func checkTransaction(
    after call: Call, on handle: ConnectionHandle
  ) throws(PostgresError) {
    let isOpen = handle.transactionStatus != PQTRANS_IDLE
    switch call.scope {
    case .autocommit where isOpen:
      close()
      throw PostgresError(
        code: .badArgument, message: "a statement opened a transaction and left it open")
    case .inside where !isOpen && !call.commits:
      throw PostgresError(
        code: .badArgument, message: "a statement ended the transaction it was run in")
    default: break
    }
  }

  private func exchangeScript(
    _ text: String, as call: Call, on handle: ConnectionHandle
  ) async throws(PostgresError) {
    var reading = Reading(call)
    guard handle.beginScript(text) else {
      let error = PostgresError(
        code: .connectionLost, message: "the connection was lost", detail: handle.errorMessage)
      close()
      throw error
    }
    while let result = try await nextResult(on: handle, &reading) {
      switch result.status {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: break
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        close()
        throw PostgresError(code: .badArgument, message: "COPY is not supported")
      default: fail(result.error(), nil, call, &reading.progress)
      }
    }
    guard handle.endScript() else {
      close()
      throw reading.progress.loss(Self.lost(handle.errorMessage), isServersWord: false)
    }
    try checkTransaction(after: call, on: handle)
    if let failure = reading.progress.failure { throw failure }
  }
}

// MARK: - Reading

/// What a call carries while its answers come in.
private struct Reading {
  var progress: CallProgress
  var watch: CallWatch

  init(_ call: Call) {
    progress = CallProgress(call)
    watch = CallWatch(
      deadline: ContinuousClock.now + call.timeout, isCancellable: call.isCancellable)
  }
}

extension PostgresConnection {
  private static func lost(_ detail: String) -> PostgresError {
    PostgresError(code: .connectionLost, message: "the connection was lost", detail: detail)
  }

  /// The next result where there must be one.
  private func answer(
    on handle: ConnectionHandle, _ reading: inout Reading
  ) async throws(PostgresError) -> ServerResult {
    if let result = try await nextResult(on: handle, &reading) { return result }
    let error = reading.progress.loss(Self.lost(handle.errorMessage), isServersWord: false)
    close()
    throw error
  }

  /// Writes and reads until there is a result; `nil` ends a command's results.
  ///
  /// - Throws: the error of ``CallProgress/loss(_:isServersWord:)``; the connection is closed.
  private func nextResult(
    on handle: ConnectionHandle, _ reading: inout Reading
  ) async throws(PostgresError) -> ServerResult? {
    while true {
      let hasMoreToWrite = handle.flush()
      if !handle.isBusy || handle.isBad { break }
      let events = Int32(hasMoreToWrite ? POLLIN | POLLOUT : POLLIN)
      guard await wait(for: events, on: handle, &reading.watch) else {
        let timeout = PostgresError(code: .connectionLost, message: "no answer within the deadline")
        close()
        throw reading.progress.loss(timeout, isServersWord: false)
      }
      handle.consumeInput()
    }
    guard let result = handle.nextResult() else { return nil }
    let isError = result.status == PGRES_FATAL_ERROR
    guard isError, result.isFatal || handle.isBad else { return result }
    let error = reading.progress.loss(result.error(), isServersWord: result.isFatal)
    close()
    throw error
  }

  /// Waits for the socket. Returns `false` when the call is to be given up.
  private func wait(
    for events: Int32, on handle: ConnectionHandle, _ watch: inout CallWatch
  ) async -> Bool {
    let longest: Duration
    switch watch.next(now: .now, isCancelled: Task.isCancelled) {
    case .giveUp: return false
    case .wait(let duration): longest = duration
    case .cancel(let duration):
      cancelHandle?.fireIfArmed()
      longest = duration
    }
    if executor.poll(handle.socket, events: events, timeout: longest) == .jobWaiting {
      await Task.yield()
    }
    return true
  }
}
