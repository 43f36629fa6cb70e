import CPostgres
import Executors
import Glibc

/// What a call carries while its answers come in.
struct Reading {
  var progress: CallProgress
  var watch: CallWatch

  init(_ call: Call) {
    progress = CallProgress(call)
    watch = CallWatch(
      deadline: ContinuousClock.now + call.timeout, isCancellable: call.isCancellable)
  }
}

extension PostgresConnection {
  static func lost(_ detail: String) -> PostgresError {
    PostgresError(code: .connectionLost, message: "the connection was lost", detail: detail)
  }

  /// The next result where there must be one.
  func answer(
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
  func nextResult(
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
      await executor.yield()
    }
    return true
  }
}
