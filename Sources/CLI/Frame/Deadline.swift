/// A moment after which a wait ends.
enum Deadline {
  /// Runs a body until it ends or the time is up; then it is cancelled.
  ///
  /// - Returns: Whether the body ended by itself.
  static func run(
    until deadline: ContinuousClock.Instant?,
    _ body: @escaping @Sendable () async throws -> Void
  ) async throws -> Bool {
    guard let deadline else {
      try await body()
      return true
    }
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await body()
        return true
      }
      group.addTask {
        try await Task.sleep(until: deadline, clock: .continuous)
        return false
      }
      let ended = try await group.next() ?? false
      group.cancelAll()
      return ended
    }
  }
}
