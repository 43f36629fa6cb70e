public import FoundationEssentials

/// What is known of the effect of a step whose skill is unsafe. The raw value is what is stored.
public enum EffectState: Int16, Sendable, CaseIterable {
  /// It was announced; the skill runs, or its worker is gone and nobody has noticed yet.
  case started = 1
  /// The skill has told how it ended.
  case done = 2
  /// It may or may not have happened, and is not repeated.
  case unknown = 3

  /// The name used in the API.
  public var name: String {
    switch self {
    case .started: "started"
    case .done: "done"
    case .unknown: "unknown"
    }
  }
}

/// The effect of a step, as its job's owner sees it.
public struct EffectRecord: Sendable, Hashable {
  /// What is known of it.
  public let state: EffectState
  /// The attempt that began it; no other does.
  public let attempt: Int
  /// When it was announced, just before the skill was called; by the database's clock.
  public let startedAt: Date
  /// When `state` became final; `nil` before.
  public let finishedAt: Date?

  /// Takes one consistent reading.
  public init(state: EffectState, attempt: Int, startedAt: Date, finishedAt: Date?) {
    self.state = state
    self.attempt = attempt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}

extension StepFailure {
  /// The code of a call whose effect is in doubt.
  private static let unknownOutcome = "outcome_unknown"

  /// An unsafe skill was begun, and nobody knows how it ended.
  public static func outcomeUnknown(of target: Target) -> StepFailure {
    StepFailure(
      .inDoubt, code: unknownOutcome,
      message: "\(target) was begun and it is not known how it ended: it may or may not have taken "
        + "effect. It is not run again by itself. Find out whether it did; ask for it anew only "
        + "if it did not.")
  }

  /// Whether it says that an effect may or may not have happened.
  public var isUnknownOutcome: Bool { self.class == .inDoubt && code == Self.unknownOutcome }
}
