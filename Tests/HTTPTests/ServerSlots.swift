import Synchronization
import TestSupport

/// Lets only a few tests have a server at a time.
///
/// Starting one blocks a thread of the cooperative pool, which has two or three on a small machine;
/// all at once they would keep the clients of running tests waiting.
enum ServerSlots {
  private struct State {
    var free = 4
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private static let state = Mutex(State())

  /// Runs a script as ``ScriptProcess`` does, when there is a slot.
  static func run<Value>(
    _ script: String, _ body: (Int) async throws -> Value
  ) async throws -> Value {
    await take()
    defer { give() }
    return try await ScriptProcess.run(script, body)
  }

  private static func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.free > 0 else {
          state.waiting.append(continuation)
          return false
        }
        state.free -= 1
        return true
      }
      if isFree { continuation.resume() }
    }
  }

  private static func give() {
    let next = state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.free += 1
        return CheckedContinuation<Void, Never>?.none
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
