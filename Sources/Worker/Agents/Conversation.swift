import Jobs

/// The messages that tell a model the story of a job so far.
struct Conversation {
  let messages: [ModelMessage]

  /// System message, the user's message, then for each turn the model's text and calls and one
  /// tool message per call, in the order of the calls.
  ///
  /// - Throws: ``StepFailure`` as ``AgentInput/message(of:)``.
  init(_ definition: AgentDefinition, _ input: AgentTurnInput) throws {
    var messages = [
      ModelMessage(.system, definition.instructions),
      ModelMessage(.user, try AgentInput.message(of: input.input)),
    ]
    for turn in input.history {
      messages.append(ModelMessage(.assistant, turn.text, calls: turn.calls))
      for call in turn.calls {
        messages.append(
          ModelMessage(.tool, Self.content(of: turn.results[call.id]), callID: call.id))
      }
    }
    self.messages = messages
  }

  /// The result as JSON, or `{"error": {"class", "code", "message"}}`.
  private static func content(of result: Result<JSONValue, StepFailure>?) -> String {
    let value: JSONValue =
      switch result {
      case .success(let value): value
      case .failure(let failure): ["error": failure.json]
      case nil: ["error": StepFailure.missingResult.json]
      }
    return String(decoding: value.json, as: UTF8.self)
  }
}

extension StepFailure {
  /// Stands in for a result that the history promises and does not have.
  fileprivate static var missingResult: StepFailure {
    StepFailure(
      .internalError, code: "result_missing", message: "The result of this call was lost.")
  }
}
