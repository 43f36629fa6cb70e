import Synchronization

/// A port that becomes known once the server listens, for any number of waiters.
final class BoundPort: Sendable {
  private enum State {
    case unknown([CheckedContinuation<Int, any Error>])
    case known(Int)
    case failed
  }

  private let state = Mutex(State.unknown([]))

  /// - Throws: `CancellationError` when the server ended without listening.
  var value: Int {
    get async throws {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Int, any Error>? = state.withLock { state in
          switch state {
          case .unknown(let waiters):
            state = .unknown(waiters + [continuation])
            return nil
          case .known(let port): return .success(port)
          case .failed: return .failure(CancellationError())
          }
        }
        if let result { continuation.resume(with: result) }
      }
    }
  }

  func succeed(_ port: Int) { settle(.known(port), with: .success(port)) }

  func fail() { settle(.failed, with: .failure(CancellationError())) }

  private func settle(_ next: sending State, with result: Result<Int, any Error>) {
    let waiters = state.withLock { state -> [CheckedContinuation<Int, any Error>] in
      guard case .unknown(let waiters) = state else { return [] }
      state = next
      return waiters
    }
    for waiter in waiters { waiter.resume(with: result) }
  }
}
