import Executors
import Glibc

/// Runs all transfers of one client on one thread.
///
/// While there are transfers, a task of the loop's own drives libcurl, so that a transfer moves on,
/// times out and is given up also while no caller waits for it.
actor TransferLoop {
  private let executor = ThreadExecutor(name: "http")
  private let configuration: HTTPClient.Configuration
  private let signals = TransferSignals()
  private var multi: CurlMulti?
  private var lastNumber = 0
  private var driver: Task<Void, Never>?

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(configuration: HTTPClient.Configuration) { self.configuration = configuration }

  /// Starts a transfer.
  ///
  /// - Returns: Where its answer comes in.
  /// - Throws: ``HTTPError`` with `badURL` or `resources`.
  func start(_ request: HTTPRequest) throws(HTTPError) -> ResponseChannel {
    let multi = try openedMulti()
    lastNumber += 1
    let id = TransferID(number: lastNumber)
    let channel = ResponseChannel(id, endpoint: request.endpoint, signals: signals)
    try multi.add(
      Transfer(
        request, id: id, channel: channel, alarm: multi.alarm, sockets: multi.openSockets,
        configuration: configuration))
    // Holds the loop until the last transfer is over.
    if driver == nil { driver = Task { await drive() } }
    return channel
  }

  /// How many transfers are not over.
  var transferCount: Int { multi?.transferCount ?? 0 }

  private func openedMulti() throws(HTTPError) -> CurlMulti {
    if let multi { return multi }
    let opened = try CurlMulti(
      maximumIdleConnections: configuration.maximumIdleConnections,
      alsoWatching: signals.descriptor)
    multi = opened
    return opened
  }

  private func drive() async {
    while let multi, multi.transferCount > 0 {
      _ = executor.poll(multi.descriptor, events: Int32(POLLIN), timeout: multi.nextTimeout)
      multi.advance()
      let requests = signals.take()
      for id in requests.abandoned { multi.end(id, .cancelled) }
      for id in requests.resumed { multi.resume(id) }
      multi.endOverdue()
      if executor.hasJobs { await executor.yield() }
    }
    driver = nil
  }
}
