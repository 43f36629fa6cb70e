public import FoundationEssentials

/// A dead step with all that is known of it, settled or not.
public struct DeadStepDetail: Sendable, Hashable {
  /// What it was given to work on.
  public enum Content: Sendable, Hashable {
    /// The input of its job; and the arguments of a call, `nil` for an agent's turn.
    case shown(input: JSONValue, arguments: JSONValue?)
    /// It is the owner's alone.
    case withheld
    /// No key of this process opens it.
    case unreadable
  }

  /// As the list shows it.
  public let step: DeadStep
  /// What its job is for; the step's own target unless it is a call.
  public let jobTarget: Target
  /// For who asked.
  public let content: Content
  /// When it was inserted.
  public let createdAt: Date
  /// When its last attempt was claimed.
  public let startedAt: Date
  /// Set once an unsafe skill was announced; `nil` for any other step.
  public let effect: EffectRecord?
  /// Why a redrive would leave it alone, in a sentence; `nil` when it would not.
  public let obstacle: String?
  /// When it was redriven or dropped; `nil` while it is on the workbench.
  public let settledAt: Date?
  /// The job that does it again; `nil` for none.
  public let redrivenAs: JobID?
  /// Its attempts that failed, in order; see ``StepRecord/failedAttempts``.
  public let failedAttempts: [FailedAttempt]

  /// Takes one consistent reading.
  public init(
    step: DeadStep, jobTarget: Target, content: Content, createdAt: Date, startedAt: Date,
    effect: EffectRecord?, obstacle: String?, settledAt: Date?, redrivenAs: JobID?,
    failedAttempts: [FailedAttempt]
  ) {
    self.step = step
    self.jobTarget = jobTarget
    self.content = content
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.effect = effect
    self.obstacle = obstacle
    self.settledAt = settledAt
    self.redrivenAs = redrivenAs
    self.failedAttempts = failedAttempts
  }
}
