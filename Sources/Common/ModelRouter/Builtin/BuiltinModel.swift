public import Jobs

/// The model that is always there: offline, deterministic, and no language model at all.
///
/// It understands the requests of ``DemoRequest``, calls skills for them, and answers from what
/// they return, so that the whole path of a job does real work without a key. It keeps nothing
/// between calls: what comes next follows from the messages alone.
public struct BuiltinModel: ModelCalling {
  /// What every response says it is from.
  public static let name = "builtin/demo"
  /// How many words a streamed piece has at most.
  static let wordsPerPiece = 3

  private let pace: Duration

  /// - Parameter pace: How long it waits before each piece of text; zero does not wait.
  public init(pace: Duration = .zero) { self.pace = pace }

  /// Answers the last user message, or goes on with it when skills have returned since.
  ///
  /// Token counts are estimates: a token for each four bytes, rounded up for each message.
  ///
  /// - Throws: `CancellationError`, also between two pieces.
  public func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    let conversation = DemoConversation(request.messages)
    let plan = DemoPlan(outcomes: conversation.outcomes, skills: request.skills)
    let move = plan.next(DemoRequest(conversation.request))
    for piece in TextPieces.split(move.text, words: Self.wordsPerPiece) {
      try Task.checkCancellation()
      if pace > .zero { try await Task.sleep(for: pace) }
      await onDelta(piece)
    }
    let calls = move.call.map { call in
      let id = "call-\(conversation.outcomes.count + 1)"
      return [ModelCall(id: id, skill: call.skill, arguments: call.arguments)]
    }
    return ModelResponse(
      text: move.text, calls: calls ?? [], model: Self.name,
      inputTokens: request.messages.map { TokenEstimate.tokens($0) }.reduce(0, +),
      outputTokens: TokenEstimate.tokens(ModelMessage(.assistant, move.text, calls: calls ?? [])))
  }
}
