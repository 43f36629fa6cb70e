import Engine
import Jobs
import Synchronization

/// How far the call of an unsafe skill has come: what the one task that runs it tells the one that
/// writes how the step ended.
final class RunningEffect: Sendable {
  private let stage = Mutex(EffectStage.none)

  var current: EffectStage { stage.withLock { $0 } }

  func reach(_ next: EffectStage) { stage.withLock { $0 = next } }
}

/// How far the call of a skill has come.
enum EffectStage: Sendable, Hashable {
  /// No unsafe skill is concerned.
  case none
  /// It may be announced, but the skill was not called.
  case announced
  /// An earlier attempt had announced it.
  case begunBefore
  /// The skill was called.
  case called
  /// The skill has returned.
  case returned(JSONValue)
  /// The skill has thrown.
  case threw(StepFailure)

  /// How the step ends, and its effect: a pure decision.
  ///
  /// Once the skill was called, only its own word counts, not why its step was stopped: the step
  /// is not given back and not tried again. A failure that leaves open whether something happened
  /// is an unknown outcome.
  ///
  /// - Parameter outcome: How the step would end without an effect.
  func end(_ outcome: StepOutcome, of target: Target) -> (StepOutcome, EffectEnd?) {
    switch self {
    case .none: (outcome, nil)
    case .announced: (outcome, .withdrawn)
    case .returned(let value): (.finished(value), .done)
    case .threw(let failure) where failure.isDefinite: (.failed(failure), .done)
    case .begunBefore, .called, .threw: (.failed(.outcomeUnknown(of: target)), .unknown)
    }
  }
}

extension StepFailure {
  /// Whether a skill that throws it has said that there was no effect.
  fileprivate var isDefinite: Bool {
    switch self.class {
    case .badInput, .refused, .auth, .rateLimited: true
    case .transient, .internalError, .revoked, .crashed, .expired, .inDoubt, .budget,
      .cancelled:
      false
    }
  }
}
