public import Jobs

/// What the HTTP shell asks about limits and pauses; part of ``JobService``.
public protocol GateService: Sendable {
  /// All limits, by key.
  func limits() async throws(ServiceError) -> [LimitRecord]

  /// Sets a limit; `nil` lifts it.
  ///
  /// - Returns: The limit; when it was lifted, as it was, or `nil` if there was none.
  func limit(
    _ key: GateKey, to maximum: Int?, by principal: Principal
  ) async throws(ServiceError) -> LimitRecord?

  /// What is paused, by key.
  func pauses() async throws(ServiceError) -> [PauseRecord]

  /// Whether there is such a user, disabled or not.
  func hasUser(_ user: UserID) async throws(ServiceError) -> Bool

  /// Pauses a set of steps, or changes how it is paused.
  ///
  /// - Parameters:
  ///   - reason: `nil` leaves what was said before.
  ///   - length: How long from now on.
  func pause(
    _ key: GateKey, reason: String?, for length: PauseLength, by principal: Principal
  ) async throws(ServiceError) -> PauseRecord

  /// Ends a pause.
  ///
  /// - Returns: Whether there was one.
  func resume(_ key: GateKey, by principal: Principal) async throws(ServiceError) -> Bool
}
