import CCurl
import Glibc

/// libcurl's multi handle: runs the transfers whose sockets are ready, and keeps connections.
///
/// Belongs to one thread. Wraps the `curl_multi_socket_action` interface (libcurl-multi(3)).
final class CurlMulti {
  private let handle: UnsafeMutableRawPointer
  private let sockets: SocketSet
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

  /// How long libcurl may be left alone if no socket gets ready; an hour when it does not care.
  var nextTimeout: Duration {
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
      throw transfer.error(.resources, "libcurl did not take the request")
    }
    transfers[transfer.id] = transfer
  }

  /// Ends a transfer and closes its connection, if it is not over; `nil` when it is not there.
  func remove(_ id: TransferID) -> Transfer? {
    guard let transfer = transfers.removeValue(forKey: id) else { return nil }
    curl_multi_remove_handle(handle, transfer.handle)
    return transfer
  }

  /// Moves on every transfer whose socket is ready or whose time has come; does not wait.
  ///
  /// - Returns: The transfers that are over now.
  func advance() -> [(id: TransferID, outcome: Result<HTTPResponse, HTTPError>)] {
    var running: Int32 = 0
    for (socket, activity) in sockets.ready() {
      // A descriptor that is not libcurl's own is unknown to it and does nothing.
      curl_multi_socket_action(handle, socket, activity, &running)
    }
    if nextTimeout == .zero {
      curl_multi_socket_action(handle, openclaw_socket_timeout, 0, &running)
    }
    return takeFinished()
  }

  private func takeFinished() -> [(id: TransferID, outcome: Result<HTTPResponse, HTTPError>)] {
    var finished: [(id: TransferID, outcome: Result<HTTPResponse, HTTPError>)] = []
    var left: Int32 = 0
    while let message = curl_multi_info_read(handle, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let transfer = Transfer.behind(easy)
      else { continue }
      // Removing the transfer frees the message.
      finished.append((transfer.id, transfer.outcome(openclaw_message_result(message))))
      _ = remove(transfer.id)
    }
    return finished
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
