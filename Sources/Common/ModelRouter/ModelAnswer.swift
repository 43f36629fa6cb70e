public import Jobs

/// A model's whole answer, as its provider gives it.
public struct ModelAnswer: Sendable, Hashable {
  /// All pieces of text, joined.
  public let text: String
  /// In the model's order, with ids that are unique among them.
  public let calls: [ModelCall]
  /// Who answered, without the provider's name.
  public let model: String
  /// What it cost.
  public let usage: ModelUsage
  /// Whether the text ends where the model's length limit cut it.
  public let isTruncated: Bool

  /// Takes an answer that is over.
  public init(
    text: String, calls: [ModelCall], model: String, usage: ModelUsage, isTruncated: Bool = false
  ) {
    self.text = text
    self.calls = calls
    self.model = model
    self.usage = usage
    self.isTruncated = isTruncated
  }
}

/// The tokens of one call.
public struct ModelUsage: Sendable, Hashable {
  /// Of the request; 0 or more.
  public let inputTokens: Int
  /// Of text and calls, and of reasoning where the provider counts that; 0 or more.
  public let outputTokens: Int
  /// Whether they were estimated here, a token for each four bytes, since nobody counted them.
  public let isEstimated: Bool

  /// Negative counts become 0.
  public init(inputTokens: Int, outputTokens: Int, isEstimated: Bool) {
    self.inputTokens = max(0, inputTokens)
    self.outputTokens = max(0, outputTokens)
    self.isEstimated = isEstimated
  }
}
