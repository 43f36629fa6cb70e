import Synchronization

/// What waits for a flush, and the flushers that wait for it.
///
/// Entries are taken when no group is under way, or when a whole one waits. After a large group the
/// next one may linger a little for those who come together again.
final class BatchInbox<Entry: Sendable>: Sendable {
  private struct State {
    var entries: [Entry] = []
    var idle: [CheckedContinuation<Void, Never>] = []
    var underway = 0
    /// Whether somebody waits for a group to grow.
    var isLingering = false
    var lastSize = 0
    var isStopped = false

    func isReady(_ limit: Int) -> Bool {
      guard !entries.isEmpty else { return false }
      return (underway == 0 && !isLingering) || entries.count >= limit || isStopped
    }

    /// Whether it is worth a millisecond to wait for more.
    func shouldLinger(_ limit: Int) -> Bool {
      !isStopped && lastSize >= 8 && entries.count < min(limit, lastSize / 2)
    }
  }

  private let state = Mutex(State())
  private let limit: Int
  private let capacity: Int
  /// How long a group waits to grow.
  private static var patience: Duration { .milliseconds(1) }

  /// - Parameters:
  ///   - limit: The most entries of a group.
  ///   - capacity: The most entries that may wait.
  init(limit: Int, capacity: Int = .max) {
    self.limit = limit
    self.capacity = capacity
  }

  /// - Returns: `false` when it is full or stopped; the entry was not taken.
  func put(_ entry: Entry) -> Bool {
    let (taken, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
      guard !state.isStopped, state.entries.count < capacity else { return (false, nil) }
      state.entries.append(entry)
      return (true, state.isReady(limit) ? state.idle.popLast() : nil)
    }
    waiter?.resume()
    return taken
  }

  /// Waits for a group, which is under way until ``finishGroup()``; `nil` once it is stopped and
  /// empty, or the task is cancelled.
  func takeGroup() async -> [Entry]? {
    while true {
      switch next() {
      case .group(let entries, let waiter):
        waiter?.resume()
        return entries
      case .linger:
        // Ends early only when the task is cancelled, which the next round notices.
        try? await Task.sleep(for: Self.patience)
        state.withLock { $0.isLingering = false }
        if let entries = takeNow() { return entries }
      case .wait:
        if Task.isCancelled { return nil }
        await withTaskCancellationHandler {
          await wait()
        } onCancel: {
          stop()
        }
      case .over: return nil
      }
    }
  }

  private enum Next {
    case group([Entry], CheckedContinuation<Void, Never>?)
    case linger
    case wait
    case over
  }

  private func next() -> Next {
    state.withLock { state in
      guard state.isReady(limit) else { return state.isStopped ? .over : .wait }
      if state.underway == 0, state.shouldLinger(limit) {
        state.isLingering = true
        return .linger
      }
      let entries = Self.take(limit, &state)
      return .group(entries, state.isReady(limit) ? state.idle.popLast() : nil)
    }
  }

  private func takeNow() -> [Entry]? {
    state.withLock { state in
      state.isReady(limit) ? Self.take(limit, &state) : nil
    }
  }

  private static func take(_ limit: Int, _ state: inout State) -> [Entry] {
    let taken = Array(state.entries.prefix(limit))
    state.entries.removeFirst(taken.count)
    state.underway += 1
    state.lastSize = taken.count
    return taken
  }

  /// A group is done. Whoever took it asks for the next one.
  func finishGroup() { state.withLock { $0.underway -= 1 } }

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
        if state.isStopped || state.isReady(limit) { return true }
        state.idle.append(continuation)
        return false
      }
      if resumeNow { continuation.resume() }
    }
  }
}
