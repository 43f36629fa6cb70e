import Logging
import ServiceLifecycle
import Synchronization

/// Says once, to all who wait for it, that this node drains.
final class DrainSignal: Sendable {
  private struct State {
    var isDraining = false
    var nextWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
  }

  private let state = Mutex(State())

  var isDraining: Bool { state.withLock(\.isDraining) }

  func begin() {
    let waiters = state.withLock { state in
      state.isDraining = true
      defer { state.waiters = [:] }
      return state.waiters.values
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns once the node drains or the task is cancelled.
  func wait() async {
    let id = state.withLock { state in
      state.nextWaiter &+= 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.isDraining || Task.isCancelled { return true }
          state.waiters[id] = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }
  }
}

/// Turns a graceful shutdown into the drain signal, and holds the server's own shutdown back
/// until load balancers have had time to see it.
struct DrainService: Service {
  let signal: DrainSignal
  let delay: Duration
  let logger: Logger

  func run() async throws {
    defer { signal.begin() }
    do {
      try await gracefulShutdown()
      signal.begin()
      logger.info("draining")
      try await Task.sleep(for: delay)
    } catch is CancellationError {
      // Cancelled: there is no more time to drain in.
    }
  }
}
