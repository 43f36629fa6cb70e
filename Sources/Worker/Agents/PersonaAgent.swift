public import Jobs

/// An agent that is nothing but its definition: instructions, a model, skills.
///
/// Each turn asks the model once. What the model asks for is passed on as it is: whether a skill
/// may be called and its arguments fit is for the runtime to decide, with `SkillCallCheck`, before
/// it makes a step of the call. A call that may not be made gets its failure as its result
/// (`skill_not_allowed`, `invalid_arguments`), so the model reads it in its next turn, and the job
/// goes on. How many turns a job may take is the runtime's business too.
public struct PersonaAgent: Agent {
  /// All that makes this agent another than the next.
  public let definition: AgentDefinition

  /// Makes an agent of its definition.
  public init(_ definition: AgentDefinition) { self.definition = definition }

  /// One model turn; see ``Agent/turn(_:model:onDelta:)``.
  ///
  /// - Returns: The model's answer, where each call has an id that is unique in the turn.
  /// - Throws: ``StepFailure`` `bad_input`, `invalid_input` for a job input of another form, and
  ///   what the model throws.
  public func turn(
    _ input: AgentTurnInput, model: any ModelCalling,
    onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    let conversation = try Conversation(definition, input)
    let request = ModelRequest(
      model: definition.model, messages: conversation.messages, skills: input.skills)
    let response = try await model.complete(request, onDelta: onDelta)
    return ModelResponse(
      text: response.text, calls: Self.distinct(response.calls), model: response.model,
      inputTokens: response.inputTokens, outputTokens: response.outputTokens)
  }

  /// Gives a new id to calls whose id is empty or taken: results are found by it.
  static func distinct(_ calls: [ModelCall]) -> [ModelCall] {
    var taken: Set<String> = [""]
    return calls.enumerated().map { index, call in
      if taken.insert(call.id).inserted { return call }
      var number = index + 1
      while !taken.insert("call-\(number)").inserted { number += 1 }
      return ModelCall(id: "call-\(number)", skill: call.skill, arguments: call.arguments)
    }
  }
}
