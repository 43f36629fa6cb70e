import Jobs

/// A dead step with all that is known of it, as the API shows it.
struct DeadStepDetailView: Sendable {
  let document: JSONValue
  let summary: DeadStepView
  let failures: [AttemptView]

  /// - Throws: ``CommandError`` when the document is no dead step.
  init(_ document: JSONValue) throws {
    self.document = document
    summary = try DeadStepView(document)
    failures = (document["attempt_history"]?.elements ?? []).map { AttemptView($0) }
  }
}

/// A failed attempt at a step, as the API shows it.
struct AttemptView: Sendable {
  let number: Int64
  /// What the step became.
  let state: String
  /// RFC 3339.
  let at: String?
  /// RFC 3339; `nil` when it was not tried again, or at once.
  let retryAt: String?
  /// `code: message`.
  let problem: String

  init(_ document: JSONValue) {
    number = document["attempt"]?.int ?? 0
    state = document["state"]?.text ?? "?"
    at = document["at"]?.text
    retryAt = document["retry_at"]?.text
    problem = JobView.problem(document["error"]) ?? ""
  }
}
