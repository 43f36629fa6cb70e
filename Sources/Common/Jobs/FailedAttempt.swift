public import FoundationEssentials

/// A try at a step that failed, as its job's history keeps it.
public struct FailedAttempt: Sendable, Hashable {
  /// Which start of the step it was, from 1, counted as ``StepChange/attempt`` is: those that took
  /// no attempt, as their worker died or a provider had had enough, count, too.
  public let attempt: Int
  /// What the step became: `pending` to be tried again at ``retryAt``, `ready` to be so at once,
  /// `dead`, or `cancelled` with its job.
  public let state: StepState
  /// When it was over, by the database's clock.
  public let at: Date
  /// Why it failed; a message of more than 1,000 characters is cut.
  public let error: StepFailure
  /// When the next one was due; `nil` when there was none, or at once.
  public let retryAt: Date?

  /// Takes what the history says.
  public init(attempt: Int, state: StepState, at: Date, error: StepFailure, retryAt: Date?) {
    self.attempt = attempt
    self.state = state
    self.at = at
    self.error = error
    self.retryAt = retryAt
  }

  /// The attempt as steps show it.
  public var json: JSONValue {
    [
      "attempt": .integer(Int64(attempt)), "state": .string(state.name), "at": .time(at),
      "error": error.json, "retry_at": .time(retryAt),
    ]
  }
}
