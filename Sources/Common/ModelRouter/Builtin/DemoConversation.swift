import Jobs

/// What a conversation has come to: the last request, and what was done for it since.
struct DemoConversation {
  /// The last user message; empty when there is none.
  let request: String
  /// The answered calls since, oldest first.
  let outcomes: [Result<JSONValue, StepFailure>]

  init(_ messages: [ModelMessage]) {
    let last = messages.lastIndex { $0.role == .user }
    request = last.map { messages[$0].content } ?? ""
    outcomes = messages[(last ?? messages.endIndex)...]
      .filter { $0.role == .tool }.map { Self.outcome($0.content) }
  }

  /// Reads a tool message: a result as JSON, or `{"error": {"class", "code", "message"}}`.
  private static func outcome(_ content: String) -> Result<JSONValue, StepFailure> {
    do {
      let value = try JSONValue(json: content.utf8)
      if let failure = value["error"].flatMap(StepFailure.init(json:)) { return .failure(failure) }
      return .success(value)
    } catch {
      return .failure(.unreadable)
    }
  }
}

extension StepFailure {
  /// For a result that is not what the skill's schema promises.
  static var unreadable: StepFailure {
    StepFailure(
      .internalError, code: "result_unreadable", message: "The result has an unknown form.")
  }
}
