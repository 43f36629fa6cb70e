import CPostgres
import Executors

extension PostgresConnection {
  /// Guards against a second call at the same time, arms cancellation and settles it afterwards.
  func exclusively<T: Sendable>(
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
        await executor.yield()
      }
    }
  }

  func exchange(
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

  func exchangeScript(
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
