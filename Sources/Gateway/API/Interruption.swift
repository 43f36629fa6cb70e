/// What ends a wait of a request before its time: the node drains, or the client has gone.
struct Interruption: Sendable {
  let drain: OnceSignal
  let departure: OnceSignal

  var isRaised: Bool { drain.isRaised || departure.isRaised }

  /// Runs a body until it answers or is interrupted; then it is cancelled.
  ///
  /// - Parameter value: What the wait gives when it is interrupted.
  func race<Value: Sendable>(
    orElse value: Value, _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
      group.addTask { try await body() }
      for signal in [drain, departure] {
        group.addTask {
          await signal.wait()
          return value
        }
      }
      defer { group.cancelAll() }
      return try await group.next() ?? value
    }
  }

  /// Runs a body and cancels it when it is interrupted; what it then answers counts.
  func cancelling<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      for signal in [drain, departure] {
        group.addTask {
          await signal.wait()
          return nil
        }
      }
      defer { group.cancelAll() }
      while let ended = try await group.next() {
        if let ended { return ended }
        group.cancelAll()
      }
      throw CancellationError()
    }
  }
}
