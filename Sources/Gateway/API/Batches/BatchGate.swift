import Jobs
import Synchronization

/// How many batches a node reads and stores at once: each may take tens of megabytes.
final class BatchGate: Sendable {
  /// The most at once; who comes then is told to come again.
  static let width = 4

  private let inside = Mutex(0)

  /// Runs the body if there is room.
  ///
  /// - Throws: ``ServiceError`` `unavailable`; what the body throws.
  func pass<Value>(_ body: () async throws -> Value) async throws -> Value {
    let mayEnter = inside.withLock { count in
      guard count < Self.width else { return false }
      count += 1
      return true
    }
    guard mayEnter else {
      throw ServiceError.unavailable(
        retryAfter: .seconds(1), detail: "this node stores \(Self.width) batches already")
    }
    defer { inside.withLock { $0 -= 1 } }
    return try await body()
  }
}
