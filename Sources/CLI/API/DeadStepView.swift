import Jobs

/// A step that will not be tried again, as the API shows it.
struct DeadStepView: Sendable {
  let document: JSONValue
  let step: StepID
  let job: String
  let target: String
  let code: String
  let message: String
  let attempts: Int64
  /// How often the worker died with it.
  let crashes: Int64
  /// RFC 3339.
  let diedAt: String?

  /// For a table: attempts, and crashes after a plus sign.
  var tries: String { StepView.tries(attempts, crashes: crashes) }

  /// - Throws: ``CommandError`` when the document is no dead step.
  init(_ document: JSONValue) throws {
    guard let step = document["step"]?.text.flatMap({ StepID($0) }),
      let job = document["job"]?.text
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.step = step
    self.job = job
    target = document["target"]?.text ?? "?"
    code = document["code"]?.text ?? "?"
    message = document["message"]?.text ?? ""
    attempts = document["attempts"]?.int ?? 0
    crashes = document["crashes"]?.int ?? 0
    diedAt = document["died_at"]?.text
  }
}

/// Dead steps of a pool that failed in the same way.
struct DeadGroupView: Sendable {
  let document: JSONValue
  let fingerprint: String
  let target: String
  /// Such as `bad_input`.
  let kind: String
  let code: String
  let count: Int64
  /// RFC 3339.
  let firstAt: String?
  /// RFC 3339.
  let lastAt: String?
  /// The id of one of the steps.
  let example: String

  /// - Throws: ``CommandError`` when the document is no group.
  init(_ document: JSONValue) throws {
    guard let fingerprint = document["fingerprint"]?.text, let count = document["count"]?.int else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.fingerprint = fingerprint
    self.count = count
    target = document["target"]?.text ?? "?"
    kind = document["class"]?.text ?? "?"
    code = document["code"]?.text ?? "?"
    firstAt = document["first_at"]?.text
    lastAt = document["last_at"]?.text
    example = document["example"]?.text ?? ""
  }
}
