/// One message of a conversation with a language model.
public struct ModelMessage: Sendable, Hashable {
  /// Who speaks, in the words that the providers share.
  public enum Role: String, Sendable { case system, user, assistant, tool }

  /// Decides which of the other fields count.
  public let role: Role
  /// Plain text; for a tool, its result or error as JSON. May be empty beside calls.
  public let content: String
  /// The skills that an assistant's message asks for.
  public let calls: [ModelCall]
  /// Which call a tool's message answers.
  public let callID: String?

  /// `calls` belongs to an assistant's message, `callID` to a tool's; the caller sees to it.
  public init(_ role: Role, _ content: String, calls: [ModelCall] = [], callID: String? = nil) {
    self.role = role
    self.content = content
    self.calls = calls
    self.callID = callID
  }
}

/// A model's wish to call a skill.
public struct ModelCall: Sendable, Hashable {
  /// Unique within its turn; ties the result to the call.
  public let id: String
  /// As the model wrote it: it need not be a skill's name.
  public let skill: String
  /// As the model gave them; not checked against the skill's schema.
  public let arguments: JSONValue

  /// Takes what a model said; `SkillCallCheck` decides whether the call may be made.
  public init(id: String, skill: String, arguments: JSONValue) {
    self.id = id
    self.skill = skill
    self.arguments = arguments
  }
}

/// What a model shall answer.
public struct ModelRequest: Sendable {
  /// An alias that the router knows, such as `default`.
  public let model: String
  /// Oldest first; each tool's message comes after the calls that it answers.
  public let messages: [ModelMessage]
  /// The skills it may ask for.
  public let skills: [SkillDefinition]

  /// `messages` must not be empty; no `skills` means that the model can only write.
  public init(model: String, messages: [ModelMessage], skills: [SkillDefinition]) {
    self.model = model
    self.messages = messages
    self.skills = skills
  }
}

/// A model's whole answer.
public struct ModelResponse: Sendable, Hashable {
  /// All pieces that were streamed, joined; may be empty beside calls.
  public let text: String
  /// In the model's order; empty when this is the final answer.
  public let calls: [ModelCall]
  /// Who answered, as `provider/model`, for example `builtin/demo`.
  public let model: String
  /// Tokens of the request, as the provider counts or estimates them.
  public let inputTokens: Int
  /// Tokens of text and calls, as the provider counts or estimates them.
  public let outputTokens: Int

  /// Takes an answer as the provider gave it; token counts are 0 or more.
  public init(
    text: String, calls: [ModelCall], model: String, inputTokens: Int, outputTokens: Int
  ) {
    self.text = text
    self.calls = calls
    self.model = model
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
  }
}

/// Calls language models; the model router implements it.
public protocol ModelCalling: Sendable {
  /// Asks the model and streams its text.
  ///
  /// - Parameter onDelta: Gets each piece of text as it comes, in order; together they are the
  ///   response's `text`.
  /// - Throws: ``StepFailure``; `CancellationError` when the task was cancelled.
  func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse
}
