import Executors
import Glibc

/// Runs all transfers of one client on one thread.
///
/// Of the callers that wait for an answer, one at a time drives libcurl for all of them.
actor TransferLoop {
  private let executor = ThreadExecutor(name: "http")
  private let configuration: HTTPClient.Configuration
  private let cancellations = CancellationBox()
  private var multi: CurlMulti?
  private var lastNumber = 0
  private var isDriven = false
  private var outcomes: [TransferID: Result<HTTPResponse, HTTPError>] = [:]
  private var waiters: [TransferID: CheckedContinuation<Void, Never>] = [:]

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(configuration: HTTPClient.Configuration) { self.configuration = configuration }

  /// Runs one request to its end.
  func perform(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPError> {
    let id: TransferID
    do throws(HTTPError) {
      id = try start(request)
    } catch {
      return .failure(error)
    }
    return await withTaskCancellationHandler {
      await outcome(of: id)
    } onCancel: {
      cancellations.request(id)
    }
  }

  private func start(_ request: HTTPRequest) throws(HTTPError) -> TransferID {
    let multi = try openedMulti()
    lastNumber += 1
    let id = TransferID(number: lastNumber)
    try multi.add(Transfer(request, id: id, configuration: configuration))
    return id
  }

  private func openedMulti() throws(HTTPError) -> CurlMulti {
    if let multi { return multi }
    let opened = try CurlMulti(
      maximumIdleConnections: configuration.maximumIdleConnections,
      alsoWatching: cancellations.descriptor)
    multi = opened
    return opened
  }

  /// Waits for a transfer: drives all of them, or sleeps while another caller does.
  private func outcome(of id: TransferID) async -> Result<HTTPResponse, HTTPError> {
    while true {
      if let outcome = outcomes.removeValue(forKey: id) {
        handOverDriving()
        return outcome
      }
      if isDriven {
        await withCheckedContinuation { waiters[id] = $0 }
      } else {
        await drive(until: id)
      }
    }
  }

  private func drive(until id: TransferID) async {
    guard let multi else { return }
    isDriven = true
    while outcomes[id] == nil {
      _ = executor.poll(multi.descriptor, events: Int32(POLLIN), timeout: multi.nextTimeout)
      for (id, outcome) in multi.advance() { finish(id, outcome) }
      for id in cancellations.take() { cancel(id) }
      // Readiness wins over waiting jobs, so a busy socket could keep new requests out.
      if outcomes[id] == nil, executor.poll(-1, events: 0, timeout: .zero) == .jobWaiting {
        await Task.yield()
      }
    }
    isDriven = false
  }

  /// Wakes someone who still waits, when nobody drives.
  private func handOverDriving() {
    guard !isDriven, let next = waiters.keys.first else { return }
    waiters.removeValue(forKey: next)?.resume()
  }

  private func cancel(_ id: TransferID) {
    guard let transfer = multi?.remove(id) else { return }
    finish(id, .failure(transfer.error(.cancelled, "the request was cancelled")))
  }

  private func finish(_ id: TransferID, _ outcome: Result<HTTPResponse, HTTPError>) {
    outcomes[id] = outcome
    waiters.removeValue(forKey: id)?.resume()
  }
}
