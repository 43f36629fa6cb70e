import CPostgres
import Glibc
import Synchronization

/// Asks the server to cancel what one connection runs. Wraps `PQcancel`.
///
/// `PQcancel` blocks without a bound of its own, so each request gets a short-lived thread; at
/// most one per connection at a time.
///
/// Unchecked: a `PGcancel` is read-only once made, and libpq documents `PQcancel` as safe from
/// any thread; the rest is behind a mutex.
final class CancelHandle: @unchecked Sendable {
  private let pointer: OpaquePointer
  private let state = Mutex(State())

  private struct State {
    var isArmed = false
    var isRunning = false
    var wasUsed = false
  }

  /// Takes a `PGcancel` over.
  init(taking pointer: OpaquePointer) { self.pointer = pointer }

  deinit { PQfreeCancel(pointer) }

  /// From here on a call is in flight.
  func arm() { state.withLock { $0 = State(isArmed: true, isRunning: $0.isRunning) } }

  /// The call has its answer. Returns whether a request was made for it.
  func disarm() -> Bool {
    state.withLock {
      $0.isArmed = false
      return $0.wasUsed
    }
  }

  /// Whether a request is on its way and could still hit a later call.
  var isRunning: Bool { state.withLock { $0.isRunning } }

  /// Sends a request, unless no call is in flight or one is on its way.
  func fireIfArmed() {
    let mayStart = state.withLock { state in
      guard state.isArmed, !state.isRunning else { return false }
      state.isRunning = true
      state.wasUsed = true
      return true
    }
    if mayStart { startThread() }
  }

  private func startThread() {
    let context = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<CancelHandle>.fromOpaque(argument).takeRetainedValue().send()
        return nil
      }, context.toOpaque())
    if failure == 0 {
      pthread_detach(thread)
    } else {
      // No thread to be had: the call ends by its deadline instead.
      context.release()
      state.withLock { $0.isRunning = false }
    }
  }

  private func send() {
    // A refused request is not an error: the call is watched by its deadline as well.
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      _ = PQcancel(pointer, buffer.baseAddress, Int32(buffer.count))
    }
    state.withLock { $0.isRunning = false }
  }
}
