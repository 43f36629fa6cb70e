/// Why a step did not succeed, as a value that decides what happens next.
public struct StepFailure: Error, Sendable, Hashable {
  /// What kind of failure it is; decides whether a retry can help.
  public enum Class: String, Sendable, CaseIterable {
    /// A retry may succeed: a timeout, a reset connection, a busy service.
    case transient
    /// The caller's input cannot work: a missing file, a wrong argument.
    case badInput = "bad_input"
    /// The user or the sandbox may not do it.
    case refused
    /// Something in OpenClaw or in an agent or skill is broken.
    case internalError = "internal"
    /// The user or token was revoked after the job was accepted.
    case revoked
    /// The process that ran it died too often.
    case crashed
    /// Its deadline has passed.
    case expired
    /// A provider did not accept the operator's credentials.
    case auth
    /// A provider has had enough for now; `retryAfter` says for how long, if it told.
    case rateLimited = "rate_limited"
    /// The other side may have acted, but its answer is lost. A model is asked again: all that is
    /// at stake is its price. An unsafe skill is not: see ``StepFailure/outcomeUnknown(of:)``.
    case inDoubt = "in_doubt"
    /// A budget is used up; a retry costs, too.
    case budget
    /// Somebody cancelled what it waited for.
    case cancelled
  }

  /// Decides whether there is another attempt, and how the job ends if there is none.
  public let `class`: Class
  /// A short machine-readable reason such as `file_not_found`.
  public let code: String
  /// What a user may read; holds no secret. It may quote the user's own input.
  public let message: String
  /// When the other side said it may be tried again.
  public let retryAfter: Duration?

  /// `message` reaches users and models, so the caller keeps secrets out of it.
  public init(
    _ class: Class, code: String, message: String, retryAfter: Duration? = nil
  ) {
    self.class = `class`
    self.code = code
    self.message = message
    self.retryAfter = retryAfter
  }

  /// Whether another try can help; how many there are is the engine's business.
  public var isRetryable: Bool {
    !isUnknownOutcome && [.transient, .rateLimited, .inDoubt].contains(self.class)
  }

  /// `{"class","code","message"}`, as results and tool results show it.
  public var json: JSONValue {
    .object([
      "class": .string(self.class.rawValue), "code": .string(code), "message": .string(message),
    ])
  }

  /// Reads what ``json`` wrote.
  ///
  /// - Returns: `nil` when the value has another form.
  public init?(json: JSONValue) {
    guard let name = json["class"]?.text, let kind = Class(rawValue: name),
      let code = json["code"]?.text, let message = json["message"]?.text
    else { return nil }
    self.init(kind, code: code, message: message)
  }
}
