import CPostgres
import Logging

/// A `PGconn`, touched by one thread alone and freed (`PQfinish`) with this object.
///
/// Each member wraps the libpq function it names and blocks for nothing but name resolution.
final class ConnectionHandle {
  private let pointer: OpaquePointer
  private let notices: NoticeLog

  /// Begins to connect: `PQconnectStartParams`.
  ///
  /// - Throws: ``PostgresError/Code/connectFailed``.
  init(connecting parameters: [String: String], logger: Logger) throws(PostgresError) {
    let entries = parameters.sorted { $0.key < $1.key }
    let started = CStrings.with(entries.map(\.key)) { keywords in
      CStrings.with(entries.map(\.value)) { PQconnectStartParams(keywords, $0, 0) }
    }
    guard let started else {
      throw PostgresError(code: .connectFailed, message: "out of memory")
    }
    pointer = started
    notices = NoticeLog(logger: logger)
    let context = Unmanaged.passUnretained(notices).toOpaque()
    PQsetNoticeReceiver(
      started,
      { context, result in
        guard let context, let result else { return }
        Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().receive(result)
      }, context)
  }

  deinit { PQfinish(pointer) }

  /// `PQconnectPoll`.
  func connectPoll() -> PostgresPollingStatusType { PQconnectPoll(pointer) }
  /// `PQstatus` says that the connection is gone, or the server ended the session while idle.
  var isBad: Bool { PQstatus(pointer) == CONNECTION_BAD || notices.sawFatal }
  /// `PQsocket`; −1 without one.
  var socket: Int32 { PQsocket(pointer) }
  /// `PQerrorMessage`; may hold parameter values, never the password.
  var errorMessage: String { String(cString: PQerrorMessage(pointer)) }
  /// `PQtransactionStatus`.
  var transactionStatus: PGTransactionStatusType { PQtransactionStatus(pointer) }
  /// `PQisBusy`: ``nextResult()`` would block.
  var isBusy: Bool { PQisBusy(pointer) != 0 }

  /// `PQflush`; `true` when there is more to write. A failure shows when reading.
  func flush() -> Bool { PQflush(pointer) == 1 }
  /// `PQconsumeInput`; a failure shows in ``isBad`` and in the next result.
  func consumeInput() { _ = PQconsumeInput(pointer) }

  /// `PQgetResult`; `nil` ends the results of one command.
  func nextResult() -> ServerResult? {
    guard let result = PQgetResult(pointer) else { return nil }
    return ServerResult(taking: result)
  }

  /// `PQsetnonblocking`, `PQenterPipelineMode`; for a connection that was just made.
  func prepareForUse() -> Bool {
    PQsetnonblocking(pointer, 1) == 0 && PQenterPipelineMode(pointer) == 1
  }

  /// `PQgetCancel`.
  func makeCancelHandle() -> CancelHandle? { PQgetCancel(pointer).map { CancelHandle(taking: $0) } }

  /// `PQpipelineSync`.
  func sync() -> Bool { PQpipelineSync(pointer) == 1 }

  /// `PQsendQueryParams` without parameters.
  func send(_ text: String) -> Bool {
    PQsendQueryParams(pointer, text, 0, nil, nil, nil, nil, 1) == 1
  }

  /// `PQsendPrepare`.
  func sendPrepare(name: String, text: String, types: [UInt32]) -> Bool {
    PQsendPrepare(pointer, name, text, Int32(types.count), types) == 1
  }

  /// `PQsendQueryPrepared`, with results in binary.
  func sendExecute(name: String, parameters: [SQL.Parameter]) -> Bool {
    ParameterBuffers(parameters).withPointers { values, lengths, formats in
      PQsendQueryPrepared(
        pointer, name, Int32(parameters.count), values, lengths, formats, 1) == 1
    }
  }

  /// `PQexitPipelineMode`, `PQsendQuery`: several statements by the simple protocol. Read all
  /// results, then call ``endScript()``.
  func beginScript(_ text: String) -> Bool {
    PQexitPipelineMode(pointer) == 1 && PQsendQuery(pointer, text) == 1
  }

  /// `PQenterPipelineMode`.
  func endScript() -> Bool { PQenterPipelineMode(pointer) == 1 }
}

/// Passes the server's notices to the log, at debug.
private final class NoticeLog {
  private let logger: Logger
  /// The server's last words between calls arrive as a notice.
  private(set) var sawFatal = false

  init(logger: Logger) { self.logger = logger }

  func receive(_ result: OpaquePointer) {
    if ServerResult.isFatal(result) { sawFatal = true }
    let (severity, text) = ServerResult.notice(result)
    logger.debug(
      "notice of the database", metadata: ["severity": "\(severity)", "text": "\(text)"])
  }
}
