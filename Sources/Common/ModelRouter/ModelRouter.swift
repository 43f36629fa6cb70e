public import Jobs

/// Finds the provider that serves a model alias, and asks it.
///
/// `default` is the default model of the first provider; `<provider>/<model>` names one.
public struct ModelRouter: ModelCalling {
  /// In order of preference; never empty.
  private let providers: [any ModelProvider]
  private let onCall: @Sendable (ModelCallReport) -> Void

  /// Prefers a configured provider to the built-in model, which is always there.
  ///
  /// - Parameter onCall: Hears of each call that reached a provider, once, when it is over. Must
  ///   not block.
  public init(
    builtin: BuiltinModel = BuiltinModel(), openAI: OpenAIProvider? = nil,
    onCall: @escaping @Sendable (ModelCallReport) -> Void = { _ in }
  ) {
    let configured: [(any ModelProvider)?] = [
      openAI
    ]
    providers = configured.compactMap { $0 } + [builtin]
    self.onCall = onCall
  }

  /// What `default` stands for, for operators: `openai/gpt-4o-mini at https://api.openai.com`.
  public var summary: String { providers[0].summary }

  /// What a request may name, for people: `default`, `openai/<model>`, `builtin/demo`.
  public var knownAliases: [String] {
    ["default"]
      + providers.map { provider in
        switch provider.offer {
        case .only(let model): "\(provider.providerName)/\(model)"
        case .any: "\(provider.providerName)/<model>"
        }
      }
  }

  /// Asks the model that the request's alias stands for. The response's `model` is
  /// `<provider>/<model as the provider named it>`.
  ///
  /// - Throws: ``StepFailure`` `bad_input`, `unknown_model` for another alias, and what the
  ///   provider throws.
  public func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    let (provider, model) = try route(request.model)
    let meter = ModelCallMeter(provider: provider.providerName, model: model)
    do {
      let answer = try await provider.answer(request, from: model) { progress in
        meter.noteProgress()
        if case .text(let text) = progress { await onDelta(text) }
      }
      onCall(meter.report(.success(answer)))
      return ModelResponse(
        text: answer.text, calls: answer.calls, model: "\(provider.providerName)/\(answer.model)",
        inputTokens: answer.usage.inputTokens, outputTokens: answer.usage.outputTokens)
    } catch {
      onCall(meter.report(.failure(error)))
      throw error
    }
  }

  /// Who serves an alias, such as `openai`; `nil` for one that is not known.
  public func provider(of alias: String) -> String? {
    // The reason is told to whoever asks the model.
    try? route(alias).0.providerName
  }

  private func route(_ alias: String) throws(StepFailure) -> (any ModelProvider, String) {
    if alias == "default" { return (providers[0], providers[0].offer.defaultModel) }
    for provider in providers where alias.hasPrefix("\(provider.providerName)/") {
      let model = String(alias.dropFirst(provider.providerName.count + 1))
      if provider.offer.includes(model) { return (provider, model) }
    }
    throw StepFailure(
      .badInput, code: "unknown_model",
      message: "There is no such model; the known ones are \(knownAliases.joined(separator: ", "))."
    )
  }
}
