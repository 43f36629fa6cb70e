import FoundationEssentials
import Jobs
import Storage

/// A step whose row was closed behind the fence.
struct ClosedStep: Sendable, Hashable {
  let id: StepID
  let index: Int
  /// The index of the agent's turn that asked for it; `nil` for a turn and for a skill job.
  let turn: Int?
  let target: Target
  /// What it became: `done`, `dead`, `pending`, `ready` or `cancelled`.
  let state: StepState
  let startedAt: Date?
  /// How often it was claimed, crashes and releases included.
  var run = 0
  /// For `pending`: when it is tried again, from now.
  var delay: Duration?
  /// What the failure of a delegated job does; `nil` for any other step.
  var onFailure: Delegation.FailurePolicy?

  /// Whether it is an agent's turn.
  var isTurn: Bool { if case .agent = target { turn == nil } else { false } }
}

/// A step to insert, its content still open.
struct PlannedStep: Sendable, Hashable {
  let id: StepID
  let job: JobID
  let user: UserID
  let index: Int
  let turn: Int?
  let callID: String?
  let kind: StepKind
  let target: Target
  let lane: Lane
  let state: StepState
  let input: JSONValue?
  let error: StepFailure?
  var heldBy: HoldReason?
}

/// A step to insert that is held for a signal.
struct PlannedWait: Sendable, Hashable {
  let step: StepID
  let job: JobID
  let wait: SignalWait
}

/// What a call of a turn is, by its name.
enum PlannedCall: Sendable, Hashable {
  case skill
  case delegation(Delegation)
  case signal(SignalWait)

  init(_ call: ModelCall) {
    if let delegation = Delegation(call) {
      self = .delegation(delegation)
    } else if let wait = SignalWait(call) {
      self = .signal(wait)
    } else {
      self = .skill
    }
  }

  var kind: StepKind {
    switch self {
    case .skill: .skillCall
    case .delegation: .delegation
    case .signal: .signalWait
    }
  }

  /// What holds the step, if it need not be run.
  var heldBy: HoldReason? {
    switch self {
    case .skill: nil
    case .delegation: .child
    case .signal(let wait): .signal(wait.signal.description)
    }
  }
}

/// A job to insert for a step that waits for it.
struct PlannedChild: Sendable, Hashable {
  let id: JobID
  let step: StepID
  let parent: JobID
  let parentStep: StepID
  let target: Target
  let delegation: Delegation
}

/// Something that a step may not do.
struct Refusal: Sendable, Hashable {
  let step: StepID
  let target: Target
  let code: String
}

/// A step that became ready again.
struct RungStep: Sendable, Hashable {
  let id: StepID
  let lane: Lane
}
