import Jobs

extension ProviderProblem {
  /// The failure of a step that met this problem.
  ///
  /// The provider's words win over its status: a used-up quota comes as 429, where waiting does
  /// not help.
  func failure(retryAfter: Duration? = nil, _ redaction: MessageRedaction) -> StepFailure {
    let verdict = verdictOfWords ?? verdictOfStatus
    let number = status.map { " (HTTP \($0))" } ?? ""
    let detail = message.map(redaction.shown) ?? ""
    return StepFailure(
      verdict.class, code: verdict.code,
      message: "\(verdict.text)\(number)\(detail.isEmpty ? "." : ": \(detail)")",
      retryAfter: retryAfter)
  }

  private struct Verdict {
    let `class`: StepFailure.Class
    let code: String
    let text: String

    init(_ class: StepFailure.Class, _ code: String, _ text: String) {
      self.class = `class`
      self.code = code
      self.text = text
    }

    static let quota = Verdict(
      .refused, "quota_exhausted", "The quota at the model provider is used up")
    static let tooLong = Verdict(
      .badInput, "context_length_exceeded", "The conversation is too long for the model")
    static let filtered = Verdict(
      .refused, "content_filter", "The model provider's content filter refused the request")
    static let credentials = Verdict(
      .auth, "provider_auth", "The model provider did not accept the credentials")
    static let pace = Verdict(
      .rateLimited, "provider_rate_limited", "The model provider has had enough for now")
    static let noModel = Verdict(
      .badInput, "model_not_found", "The model provider does not know the model or the address")
    static let unavailable = Verdict(
      .transient, "provider_unavailable", "The model provider could not answer")
    static let refused = Verdict(
      .badInput, "provider_bad_request", "The model provider did not take the request")
    static let redirected = Verdict(
      .badInput, "provider_redirected", "The model provider's address leads elsewhere")
  }

  private static let known: [(words: Set<String>, verdict: Verdict)] = [
    (["insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"], .quota),
    (["context_length_exceeded", "exceed_context_size_error"], .tooLong),
    (["content_filter", "content_policy_violation"], .filtered),
    (["invalid_api_key", "authentication_error", "permission_error"], .credentials),
    (["rate_limit_exceeded", "rate_limit_error"], .pace),
    (["model_not_found"], .noModel),
    (["server_error", "overloaded_error", "api_error"], .unavailable),
  ]

  private var verdictOfWords: Verdict? {
    if let known = Self.known.first(where: { !$0.words.isDisjoint(with: words) }) {
      return known.verdict
    }
    // Servers that only resemble the protocol say it in the message alone.
    let isAboutLength = message?.lowercased().contains("maximum context length") ?? false
    if isAboutLength { return .tooLong }
    guard status == nil else { return nil }
    return words.contains("invalid_request_error") ? .refused : nil
  }

  private var verdictOfStatus: Verdict {
    switch status {
    case 401, 403: .credentials
    case 402: .quota
    case 404: .noModel
    case 408, 409, 425: .unavailable
    case 429: .pace
    case .some(300...399): .redirected
    case .some(400...499): .refused
    default: .unavailable
    }
  }
}
