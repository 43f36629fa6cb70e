import Synchronization

/// Where a transfer on the loop's thread meets the reader of its answer.
///
/// The transfer never waits here: it is told to pause. At most one reader waits at a time.
final class ResponseChannel: Sendable {
  private struct State {
    var flow = ResponseFlow()
    var isTaken = false
    // Something happened since the reader looked.
    var hasNews = false
    var reader: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let id: TransferID
  private let endpoint: String
  private let signals: TransferSignals

  init(_ id: TransferID, endpoint: String, signals: TransferSignals) {
    self.id = id
    self.endpoint = endpoint
    self.signals = signals
  }

  // MARK: The transfer's side

  /// Hands over the head.
  func begin(_ head: ResponseHead) { change { $0.begin(head) } }

  /// Whether the next bytes may be handed over; when not, ``TransferSignals/resume(_:)`` follows.
  func makesRoom() -> Bool { state.withLock { $0.flow.makesRoom() } }

  /// Hands over the next bytes, which are copied.
  func append(_ bytes: UnsafeRawBufferPointer) { change { $0.append(bytes) } }

  /// Says that nothing more comes.
  func finish(_ outcome: Result<Void, HTTPError>) { change { $0.finish(outcome) } }

  private func change(_ body: (inout ResponseFlow) -> Void) {
    let reader = state.withLock { state in
      body(&state.flow)
      state.hasNews = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  // MARK: The reader's side

  /// Waits for the head. Cancelling the task ends the transfer.
  func head() async throws(HTTPError) -> ResponseHead {
    try await read(isolation: nil) { $0.readHead() }.get()
  }

  /// Waits for bytes of the body; `nil` at its end. Cancelling the task ends the transfer.
  func nextBytes(isolation actor: isolated (any Actor)?) async throws(HTTPError) -> [UInt8]? {
    try await read(isolation: actor) { $0.readBytes() }.get()
  }

  /// Whether the caller is the first who wants to read the body.
  func claimReading() -> Bool {
    state.withLock { state in
      defer { state.isTaken = true }
      return !state.isTaken
    }
  }

  /// Ends the transfer, if it is not over.
  func abandon() {
    let error = error(.cancelled, "the request was cancelled", isInDoubt: false)
    if state.withLock({ $0.flow.abandon(error) }) { signals.abandon(id) }
  }

  /// The error of a reader.
  func error(_ code: HTTPError.Code, _ message: String, isInDoubt: Bool) -> HTTPError {
    HTTPError(code, message, endpoint: endpoint, isInDoubt: isInDoubt)
  }

  private func read<Value: Sendable>(
    isolation actor: isolated (any Actor)?,
    _ take: (inout ResponseFlow) -> Result<Value, HTTPError>?
  ) async -> Result<Value, HTTPError> {
    await withTaskCancellationHandler {
      while true {
        let (value, resumes) = state.withLock { state in
          state.hasNews = false
          return (take(&state.flow), state.flow.takeResumption())
        }
        if resumes { signals.resume(id) }
        if let value { return value }
        await withCheckedContinuation { park($0) }
      }
    } onCancel: {
      abandon()
    }
  }

  private func park(_ reader: CheckedContinuation<Void, Never>) {
    let isLate = state.withLock { state in
      if !state.hasNews { state.reader = reader }
      return state.hasNews
    }
    if isLate { reader.resume() }
  }
}
