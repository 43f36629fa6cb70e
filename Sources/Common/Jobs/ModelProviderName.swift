/// The model providers that this build knows, by the names that keys of limits and pauses, metrics
/// and aliases of models have for them.
public enum ModelProviderName: String, Sendable, CaseIterable {
  /// OpenAI, and whatever speaks its chat completions.
  case openAI = "openai"
  /// The built-in model, which needs no network.
  case builtin
}
