/// One message of a conversation with a language model.
public struct ModelMessage: Sendable, Hashable {
  /// Who speaks, in the words that the providers share.
  public enum Role: String, Sendable { case system, user, assistant, tool }

  public let role: Role
  public let content: String
  /// The skills that an assistant's message asks for.
  public let calls: [ModelCall]
  /// Which call a tool's message answers.
  public let callID: String?

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
  public let skill: String
  public let arguments: JSONValue

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
  public let messages: [ModelMessage]
  /// The skills it may ask for.
  public let skills: [SkillDefinition]

  public init(model: String, messages: [ModelMessage], skills: [SkillDefinition]) {
    self.model = model
    self.messages = messages
    self.skills = skills
  }
}

/// A model's whole answer.
public struct ModelResponse: Sendable, Hashable {
  public let text: String
  public let calls: [ModelCall]
  /// Who answered, as `provider/model`, for example `builtin/demo`.
  public let model: String
  public let inputTokens: Int
  public let outputTokens: Int

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
