import Synchronization

/// Wakes one waiter; rings before the wait are not lost, several count as one.
///
/// An `AsyncStream` would not do: a cancelled wait ends it for good.
final class Bell: Sendable {
  /// Why a wait is over.
  enum Ring: Sendable {
    case rung
    /// It will never ring again.
    case ended
    case cancelled
  }

  fileprivate struct State {
    var isRung = false
    var isEnded = false
    var waiter: CheckedContinuation<Ring, Never>?
  }

  private let state = Mutex(State())

  func ring() {
    let waiter = state.withLock { state in
      state.isRung = state.waiter == nil
      return state.takeWaiter()
    }
    waiter?.resume(returning: .rung)
  }

  func end() {
    let waiter = state.withLock { state in
      state.isEnded = true
      return state.takeWaiter()
    }
    waiter?.resume(returning: .ended)
  }

  /// Waits for a ring; one caller at a time.
  func wait() async -> Ring {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let answer = state.withLock { state -> Ring? in
          if state.isEnded { return .ended }
          if Task.isCancelled { return .cancelled }
          if state.isRung {
            state.isRung = false
            return .rung
          }
          state.waiter = waiter
          return nil
        }
        if let answer { waiter.resume(returning: answer) }
      }
    } onCancel: {
      state.withLock { $0.takeWaiter() }?.resume(returning: .cancelled)
    }
  }

  /// Waits for a ring; `nil` when the time is up.
  func wait(until deadline: ContinuousClock.Instant) async -> Ring? {
    await withTaskGroup(of: Ring?.self) { group in
      group.addTask { await self.wait() }
      group.addTask {
        // It fails only when the ring came first, or the waiter has gone.
        try? await Task.sleep(until: deadline, clock: .continuous)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      // A ring that came just as the time was up has been taken: it must not be lost.
      let second = await group.next() ?? nil
      if first == nil, let second, second != .cancelled { return second }
      return first
    }
  }
}

extension Bell.State {
  fileprivate mutating func takeWaiter() -> CheckedContinuation<Bell.Ring, Never>? {
    defer { waiter = nil }
    return waiter
  }
}
