public import Jobs

/// Serves the models of one provider. A new one is a type that conforms, and a line where
/// ``ModelRouter`` lists its providers.
public protocol ModelProvider: Sendable {
  /// The first word of its aliases, such as `openai`: lowercase ASCII letters.
  var providerName: String { get }
  /// Which models it serves.
  var offer: ModelOffer { get }
  /// What an operator is shown, such as `openai/gpt-4o-mini at https://api.openai.com`; no secret.
  var summary: String { get }

  /// Asks a model once.
  ///
  /// - Parameters:
  ///   - model: One that ``offer`` has; the request's own `model`, an alias, does not count.
  ///   - onProgress: Gets each piece of text as it comes; together they are the answer's text.
  /// - Throws: `StepFailure`, whose message holds no secret; `CancellationError` when the task was
  ///   cancelled.
  func answer(
    _ request: ModelRequest, from model: String,
    onProgress: @Sendable (ModelProgress) async -> Void
  ) async throws -> ModelAnswer
}

/// What a model has begun to say.
public enum ModelProgress: Sendable, Hashable {
  /// The next piece of text; never empty.
  case text(String)
  /// The next part of a skill call.
  case call
}
