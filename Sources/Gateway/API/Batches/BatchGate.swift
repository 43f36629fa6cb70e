import Jobs
import Synchronization

/// What a node spends at once on requests with many jobs.
///
/// While a body comes, which may take half a minute, a request counts by the bytes that are there
/// of it, so that slow clients are in nobody's way. One that is there counts as one of the few that
/// are stored, each of which may take tens of megabytes.
final class BatchGate: Sendable {
  /// How many are stored at once; who comes then is told to come again.
  static let width = 4
  /// How many bytes of bodies are held at once.
  static let room = 4 * JobBatch.bodyLimit
  /// How many of them may be one user's.
  static let share = 2 * JobBatch.bodyLimit

  private struct State {
    var stored = 0
    var held: [UserID: Int] = [:]
  }

  private let state = Mutex(State())

  /// Reads a body, then stores what is in it, if there is room for each.
  ///
  /// - Parameters:
  ///   - read: Tells the meter of each part before it keeps it.
  ///   - store: Begins once the body is there.
  /// - Throws: ``ServiceError`` `unavailable`; what the closures throw.
  func pass<Body, Answer>(
    for user: UserID, read: (Meter) async throws -> Body, store: (Body) async throws -> Answer
  ) async throws -> Answer {
    let meter = Meter(gate: self, user: user)
    defer { meter.end() }
    let body = try await read(meter)
    try enter()
    defer { state.withLock { $0.stored -= 1 } }
    return try await store(body)
  }

  private func enter() throws(ServiceError) {
    let hasRoom = state.withLock { state in
      guard state.stored < Self.width else { return false }
      state.stored += 1
      return true
    }
    guard hasRoom else { throw Self.full("this node stores \(Self.width) batches already") }
  }

  private func take(_ bytes: Int, for user: UserID) throws(ServiceError) {
    let refusal = state.withLock { state -> String? in
      let own = state.held[user, default: 0] + bytes
      guard own <= Self.share else { return "this user sends many batches to this node already" }
      guard state.held.values.reduce(bytes, +) <= Self.room else {
        return "many batches are sent to this node already"
      }
      state.held[user] = own
      return nil
    }
    if let refusal { throw Self.full(refusal) }
  }

  private func give(back bytes: Int, of user: UserID) {
    state.withLock { state in
      let left = state.held[user, default: 0] - bytes
      state.held[user] = left > 0 ? left : nil
    }
  }

  private static func full(_ detail: String) -> ServiceError {
    .unavailable(retryAfter: .seconds(1), detail: detail)
  }

  /// Counts the bytes of one body as they come.
  final class Meter: Sendable {
    private let gate: BatchGate
    private let user: UserID
    private let taken = Mutex(0)

    fileprivate init(gate: BatchGate, user: UserID) {
      self.gate = gate
      self.user = user
    }

    /// - Throws: ``ServiceError`` `unavailable` where there is no room for them.
    func take(_ bytes: Int) throws(ServiceError) {
      try gate.take(bytes, for: user)
      taken.withLock { $0 += bytes }
    }

    fileprivate func end() { gate.give(back: taken.withLock { $0 }, of: user) }
  }
}
