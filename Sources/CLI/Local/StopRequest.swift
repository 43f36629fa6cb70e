import Synchronization

/// A wish to stop, from a signal, and the one who waits for it.
final class StopRequest: Sendable {
  private let isAwaited = Mutex(false)
  private let requests = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))

  /// Waits for the request, or for the task's cancellation.
  func wait() async {
    isAwaited.withLock { $0 = true }
    for await _ in requests.stream { return }
  }

  /// Asks to stop.
  ///
  /// - Returns: `false` when nobody waits yet; then cancel the start.
  func request() -> Bool {
    requests.continuation.yield()
    return isAwaited.withLock(\.self)
  }
}
