import Foundation
public import Postgres
import Synchronization

/// Asks the database for the version of its schema, and waits no longer than it is told to.
///
/// There is one question at a time, which those share who ask meanwhile: a database that is silent
/// holds one connection, however many look whether it is.
public final class DatabaseProbe: Sendable {
  private struct State {
    var isAsking = false
    var waiting: [UUID: CheckedContinuation<Int?, Never>] = [:]
  }

  private let pool: PostgresPool
  private let state = Mutex(State())

  /// Asks over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// The highest migration that is applied; 0 for an empty database, `nil` when the database does
  /// not answer in time. The task's cancellation does not end the wait.
  public func version(within limit: Duration) async -> Int? {
    let id = UUID()
    return await withCheckedContinuation { continuation in
      let asks = state.withLock { state in
        state.waiting[id] = continuation
        defer { state.isAsking = true }
        return !state.isAsking
      }
      if asks { Task { await ask() } }
      Task {
        // Nobody cancels it.
        try? await Task.sleep(for: limit)
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume(returning: nil)
      }
    }
  }

  private func ask() async {
    // Why it fails is told by whoever needs more of the database than that it is there.
    let version = try? await Migrator.currentVersion(pool)
    let waiting = state.withLock { state in
      defer { state = State() }
      return state.waiting.values
    }
    for continuation in waiting { continuation.resume(returning: version) }
  }
}
