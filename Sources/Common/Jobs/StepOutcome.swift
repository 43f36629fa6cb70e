/// How an attempt at a step ended: the one value that the engine turns into a commit.
public enum StepOutcome: Sendable, Hashable {
  /// The step's work is done and so is what waited for it.
  ///
  /// For a skill call: its result. For an agent's turn: the job's result.
  case finished(JSONValue)
  /// An agent's turn asks for these skills before its next turn; never empty.
  case asked(AgentRequest)
  /// The attempt failed.
  case failed(StepFailure)
  /// The worker gives the step back untouched, for example because it stops.
  case released
  /// The job was cancelled while the step ran; what an agent's turn had written is kept.
  case cancelled(partial: String)
}

extension StepOutcome {
  /// The text that an agent's turn leaves in its output; `nil` for any other end.
  public var text: String? {
    switch self {
    case .finished(let value): value["text"]?.text
    case .asked(let request): request.text
    case .cancelled(let partial): partial
    case .failed, .released: nil
    }
  }

  /// Why the attempt failed; `nil` for any other end.
  public var failure: StepFailure? { if case .failed(let failure) = self { failure } else { nil } }
}

/// What a model turn asks for.
public struct AgentRequest: Sendable, Hashable {
  /// What the model said beside its calls.
  public let text: String
  /// In the model's order; never empty.
  public let calls: [RequestedCall]
  /// Who answered, as `provider/model`.
  public let model: String

  /// The caller gives at least one call, each with an id that is unique among them.
  public init(text: String, calls: [RequestedCall], model: String) {
    self.text = text
    self.calls = calls
    self.model = model
  }
}

/// A call that a model asked for, and whether it may happen.
public struct RequestedCall: Sendable, Hashable {
  /// As the model wrote it, also when it is refused.
  public let call: ModelCall
  /// Set when the call must not reach a worker: an unknown skill, no right to it, or arguments
  /// that do not fit. The model gets it as the call's result.
  public let refusal: StepFailure?

  /// Without a refusal the call becomes a step, so its skill and arguments must have been checked.
  public init(_ call: ModelCall, refusal: StepFailure? = nil) {
    self.call = call
    self.refusal = refusal
  }
}
