public import Jobs

extension BuiltinModel: ModelProvider {
  /// `builtin`.
  public var providerName: String { ModelProviderName.builtin.rawValue }

  /// `demo` alone.
  public var offer: ModelOffer { .only("demo") }

  /// Says that it is no language model.
  public var summary: String { "\(Self.name) (offline; it understands a few requests and no more)" }

  /// As ``complete(_:onDelta:)``; whatever the model's name is.
  public func answer(
    _ request: ModelRequest, from model: String,
    onProgress: @Sendable (ModelProgress) async -> Void
  ) async throws -> ModelAnswer {
    let response = try await complete(request) { await onProgress(.text($0)) }
    if !response.calls.isEmpty { await onProgress(.call) }
    return ModelAnswer(
      text: response.text, calls: response.calls, model: "demo",
      usage: ModelUsage(
        inputTokens: response.inputTokens, outputTokens: response.outputTokens, isEstimated: true))
  }
}
