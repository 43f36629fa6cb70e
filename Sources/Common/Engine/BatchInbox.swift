import Synchronization

/// What waits for a flush, and the flushers that wait for it.
final class BatchInbox<Entry: Sendable>: Sendable {
  private struct State {
    var entries: [Entry] = []
    var idle: [CheckedContinuation<Void, Never>] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let capacity: Int

  /// - Parameter capacity: The most entries that may wait.
  init(capacity: Int = .max) { self.capacity = capacity }

  /// - Returns: `false` when it is full or stopped; the entry was not taken.
  func put(_ entry: Entry) -> Bool {
    let (taken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard !state.isStopped, state.entries.count < capacity else { return (false, nil) }
      state.entries.append(entry)
      return (true, state.idle.popLast())
    }
    waiter?.resume()
    return taken
  }

  /// Waits for entries; `nil` once it is stopped and empty, or the task is cancelled.
  func take(limit: Int) async -> [Entry]? {
    while true {
      let (entries, isOver) = state.withLock { state -> ([Entry], Bool) in
        let taken = Array(state.entries.prefix(limit))
        state.entries.removeFirst(taken.count)
        return (taken, state.isStopped)
      }
      if !entries.isEmpty { return entries }
      if isOver || Task.isCancelled { return nil }
      await withTaskCancellationHandler {
        await wait()
      } onCancel: {
        stop()
      }
    }
  }

  func stop() {
    let waiters = state.withLock { state in
      state.isStopped = true
      defer { state.idle = [] }
      return state.idle
    }
    for waiter in waiters { waiter.resume() }
  }

  func drain() -> [Entry] {
    state.withLock { state in
      state.isStopped = true
      defer { state.entries = [] }
      return state.entries
    }
  }

  private func wait() async {
    await withCheckedContinuation { continuation in
      let resumeNow = state.withLock { state in
        if state.isStopped || !state.entries.isEmpty { return true }
        state.idle.append(continuation)
        return false
      }
      if resumeNow { continuation.resume() }
    }
  }
}
