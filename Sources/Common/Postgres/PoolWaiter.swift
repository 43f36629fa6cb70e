import Synchronization

/// A caller in the pool's queue; resumed once, by whoever takes it out of the queue.
final class PoolWaiter: Sendable {
  /// What the wait ended with.
  enum Grant: Sendable {
    case use(PostgresConnection)
    case open
    case timedOut
    case cancelled
    case closed
  }

  private enum State {
    case pending
    case waiting(CheckedContinuation<Grant, Never>)
    case granted(Grant)
  }

  private let state = Mutex(State.pending)

  /// Ends the wait.
  func resume(with grant: Grant) {
    let continuation: CheckedContinuation<Grant, Never>? = state.withLock { state in
      guard case .waiting(let continuation) = state else {
        state = .granted(grant)
        return nil
      }
      state = .granted(grant)
      return continuation
    }
    continuation?.resume(returning: grant)
  }

  /// Waits for ``resume(with:)``; call it once.
  func grant() async -> Grant {
    await withCheckedContinuation { continuation in
      let grant: Grant? = state.withLock { state in
        if case .granted(let grant) = state { return grant }
        state = .waiting(continuation)
        return nil
      }
      if let grant { continuation.resume(returning: grant) }
    }
  }
}
