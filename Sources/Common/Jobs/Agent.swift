/// A persona: what it is told, what it may use, which model answers.
public struct AgentDefinition: Sendable, Hashable {
  /// One word; runs in the pool `agent.<name>`.
  public let name: String
  /// One sentence for people.
  public let description: String
  /// The system message.
  public let instructions: String
  /// The skills it may use, before the user's rights narrow them.
  public let skills: [TargetPattern]
  /// The agents that it may ask, by name, before the user's rights narrow them.
  public let delegates: [String]
  /// The model alias that the router resolves.
  public let model: String
  /// The most model turns of one job; a job that needs more fails.
  public let maximumTurns: Int

  /// Checks nothing: the caller gives a one-word name and at least one turn.
  public init(
    name: String, description: String, instructions: String, skills: [TargetPattern],
    delegates: [String] = [], model: String, maximumTurns: Int
  ) {
    self.name = name
    self.description = description
    self.instructions = instructions
    self.skills = skills
    self.delegates = delegates
    self.model = model
    self.maximumTurns = maximumTurns
  }
}

/// What a model turn of an agent starts from.
public struct AgentTurnInput: Sendable {
  /// The job's input: a string, or an object with a string `message`.
  public let input: JSONValue
  /// The finished turns of this job, oldest first.
  public let history: [AgentTurn]
  /// The skills that this user's agent may call now, ``Delegation``s among them.
  public let skills: [SkillDefinition]

  /// Takes `history` oldest first and only `skills` that the user's rights allow.
  public init(input: JSONValue, history: [AgentTurn], skills: [SkillDefinition]) {
    self.input = input
    self.history = history
    self.skills = skills
  }
}

/// A finished model turn and what its calls gave.
public struct AgentTurn: Sendable, Hashable {
  /// What the model said beside its calls; may be empty.
  public let text: String
  /// In the order in which the model asked for them.
  public let calls: [ModelCall]
  /// By call id; each call has one.
  public let results: [String: Result<JSONValue, StepFailure>]

  /// The caller gives a result for each of `calls`, by its id.
  public init(
    text: String, calls: [ModelCall], results: [String: Result<JSONValue, StepFailure>]
  ) {
    self.text = text
    self.calls = calls
    self.results = results
  }
}

/// Runs an agent's model turns.
public protocol Agent: Sendable {
  /// What workers announce; the same for as long as the agent lives.
  var definition: AgentDefinition { get }

  /// One model turn: from the conversation so far to the next message.
  ///
  /// - Parameter onDelta: Gets the text as it is written.
  /// - Returns: Calls to make before the next turn, or a text and no calls: the job's result.
  /// - Throws: ``StepFailure``; `CancellationError` when the task was cancelled.
  func turn(
    _ input: AgentTurnInput, model: any ModelCalling,
    onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse
}
