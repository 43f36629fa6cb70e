public import Jobs

/// What the HTTP shell asks about signals; part of ``JobService``, with its promises.
public protocol SignalService: Sendable {
  /// Tells a job something that it waits for, or will.
  ///
  /// - Parameter payload: What the waiting call returns.
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func signal(
    _ name: SignalName, to job: JobID, payload: JSONValue, by principal: Principal
  ) async throws(ServiceError) -> SignalOutcome?

  /// What a job waits for, and which signals nothing has taken.
  ///
  /// - Returns: `nil` for an unknown id and for another user's job alike.
  func signals(of job: JobID, user: UserID) async throws(ServiceError) -> SignalStatus?
}

/// What became of a signal.
public enum SignalOutcome: Sendable, Hashable {
  /// A step had waited for it.
  case taken
  /// The next step that waits for it gets it.
  case kept
  /// The job is over, or shall be.
  case over(JobState)
  /// As many are kept as may be.
  case tooMany
}
