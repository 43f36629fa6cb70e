import CCurl
import Glibc

/// libcurl's multi handle: runs the transfers whose sockets are ready, and keeps connections.
///
/// Belongs to one thread. Wraps the `curl_multi_socket_action` interface (libcurl-multi(3)).
final class CurlMulti {
  private let handle: UnsafeMutableRawPointer
  private let sockets: SocketSet
  /// What the transfers' connections are opened with.
  let openSockets = OpenSockets()
  /// What the transfers' deadlines are told to.
  let alarm = DeadlineAlarm()
  private var transfers: [TransferID: Transfer] = [:]

  /// - Throws: ``HTTPError`` with `resources`.
  init(maximumIdleConnections: Int, alsoWatching descriptor: Int32) throws(HTTPError) {
    guard CurlLibrary.isReady, descriptor >= 0, let handle = curl_multi_init() else {
      throw HTTPError(.resources, "libcurl could not be set up")
    }
    do throws(HTTPError) {
      sockets = try SocketSet()
    } catch {
      curl_multi_cleanup(handle)
      throw error
    }
    self.handle = handle
    sockets.watch(descriptor, for: CURL_POLL_IN)
    let context = Unmanaged.passUnretained(sockets).toOpaque()
    let codes = [
      openclaw_multi_set_long(
        handle, CURLMOPT_MAXCONNECTS, max(1, min(maximumIdleConnections, 100_000))),
      openclaw_multi_set_socket_callback(
        handle,
        { _, socket, interest, context, _ in
          guard let context else { return -1 }
          Unmanaged<SocketSet>.fromOpaque(context).takeUnretainedValue()
            .watch(socket, for: interest)
          return 0
        }, context),
    ]
    guard codes.allSatisfy({ $0 == CURLM_OK }) else {
      throw HTTPError(.resources, "libcurl lacks a needed option")
    }
  }

  deinit {
    for transfer in transfers.values { curl_multi_remove_handle(handle, transfer.handle) }
    // Closes the connections, which calls back into the socket set, still alive here.
    curl_multi_cleanup(handle)
  }

  /// Readable when ``advance()`` has something to do before ``nextTimeout``.
  var descriptor: Int32 { sockets.descriptor }

  /// How many transfers are not over.
  var transferCount: Int { transfers.count }

  /// How long libcurl may be left alone if no socket gets ready; an hour when nothing is due.
  var nextTimeout: Duration {
    guard let due = alarm.earliest else { return curlTimeout }
    return max(.zero, min(curlTimeout, ContinuousClock.now.duration(to: due)))
  }

  private var curlTimeout: Duration {
    // The same figure that CURLMOPT_TIMERFUNCTION would give.
    var milliseconds = -1
    guard curl_multi_timeout(handle, &milliseconds) == CURLM_OK, milliseconds >= 0 else {
      return .seconds(3600)
    }
    return .milliseconds(milliseconds)
  }

  /// Takes a transfer in; it starts with the next ``advance()``.
  ///
  /// - Throws: ``HTTPError`` with `resources`.
  func add(_ transfer: Transfer) throws(HTTPError) {
    guard curl_multi_add_handle(handle, transfer.handle) == CURLM_OK else {
      throw transfer.error(.resources)
    }
    transfers[transfer.id] = transfer
  }

  /// Moves on every transfer whose socket is ready or whose time has come; does not wait.
  func advance() {
    var running: Int32 = 0
    for (socket, activity) in sockets.ready() {
      // A descriptor that is not libcurl's own is unknown to it and does nothing.
      curl_multi_socket_action(handle, socket, activity, &running)
    }
    if curlTimeout == .zero {
      curl_multi_socket_action(handle, openclaw_socket_timeout, 0, &running)
    }
    takeFinished()
  }

  /// Ends a transfer from this side and closes its connection, if it is not over.
  func end(_ id: TransferID, _ code: HTTPError.Code) {
    guard let transfer = transfers[id] else { return }
    if transfer.mayBeHTTP2 { shutDownUnlessShared(transfer) }
    remove(transfer)
    transfer.finish(.failure(transfer.error(code)))
  }

  // On a connection that is shared, the server is told when another of its streams moves on.
  private func shutDownUnlessShared(_ transfer: Transfer) {
    guard let ends = transfer.connectionEnds else { return }
    let users = transfers.values.count { $0.connectionEnds == ends }
    if users == 1 { openSockets.shutDown(ends) }
  }

  /// Lets a paused transfer go on, if it is not over.
  func resume(_ id: TransferID) {
    guard let transfer = transfers[id] else { return }
    // A failure here would not end the transfer by itself.
    let result = transfer.resume()
    guard result != CURLE_OK else { return }
    remove(transfer)
    transfer.finish(transfer.outcome(result))
  }

  /// Ends the transfers that have broken one of their time limits.
  func endOverdue() {
    let now = ContinuousClock.now
    guard alarm.rings(at: now) else { return }
    for (id, transfer) in transfers {
      if let code = transfer.deadlines.broken(at: now) { end(id, code) }
    }
    for transfer in transfers.values { alarm.include(transfer.deadlines.next) }
  }

  private func takeFinished() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(handle, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = Transfer.behind(easy)
      else { continue }
      let outcome = transfer.outcome(openclaw_message_result(message))
      // Frees the message.
      remove(transfer)
      transfer.finish(outcome)
    }
  }

  private func remove(_ transfer: Transfer) {
    curl_multi_remove_handle(handle, transfer.handle)
    transfers[transfer.id] = nil
  }
}

/// libcurl's process-wide state.
enum CurlLibrary {
  /// Set up once, by the first who asks, and never torn down. Wraps `curl_global_init`.
  static let isReady: Bool = {
    // libcurl leaves SIGPIPE alone under NOSIGNAL, and OpenSSL writes without MSG_NOSIGNAL.
    signal(SIGPIPE, SIG_IGN)
    return curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK
  }()
}
