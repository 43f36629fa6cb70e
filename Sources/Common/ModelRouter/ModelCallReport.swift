import Jobs

/// What one call of a model came to, for measurement. Holds no text of the conversation.
public struct ModelCallReport: Sendable, Hashable {
  /// How a call ended: a closed set, fit for a label.
  public enum Outcome: String, Sendable, CaseIterable {
    /// With a whole answer.
    case answered
    /// With a text that the model's length limit cut.
    case truncated
    /// By the caller.
    case cancelled
    /// With a failure of this class.
    case transient
    /// With a failure of this class.
    case rateLimited = "rate_limited"
    /// With a failure of this class.
    case inDoubt = "in_doubt"
    /// With a failure of this class.
    case auth
    /// With a failure of this class.
    case badInput = "bad_input"
    /// With a failure of this class.
    case refused
    /// With any other failure.
    case internalError = "internal"

    /// What a thrown error counts as.
    init(_ error: any Error) {
      switch error {
      case is CancellationError: self = .cancelled
      case let failure as StepFailure:
        self = Outcome(rawValue: failure.class.rawValue) ?? .internalError
      default: self = .internalError
      }
    }
  }

  /// `openai`, `builtin`.
  public let provider: String
  /// The model that was asked for, without the provider's name: one of those that the
  /// configuration and the agents name.
  public let model: String
  /// How it ended.
  public let outcome: Outcome
  /// From the call to its end, with the time that the receiver of the text took.
  public let duration: Duration
  /// From the call to the first piece of text or of a skill call; `nil` when none came.
  public let timeToFirstToken: Duration?
  /// `nil` for a call without an answer, also where the provider will charge for it.
  public let usage: ModelUsage?

  /// A report as a router would give it, for tests of what reads one.
  public init(
    provider: String, model: String, outcome: Outcome, duration: Duration,
    timeToFirstToken: Duration?, usage: ModelUsage?
  ) {
    self.provider = provider
    self.model = model
    self.outcome = outcome
    self.duration = duration
    self.timeToFirstToken = timeToFirstToken
    self.usage = usage
  }
}
