import Jobs

/// A job as the API shows it. What the command line does not use stays in ``document``.
struct JobView: Sendable {
  let document: JSONValue
  let id: JobID
  let state: JobState
  let target: String
  let priority: String
  /// Grows with every change of the job.
  let version: Int64

  /// - Throws: ``CommandError`` when the document is no job.
  init(_ document: JSONValue) throws {
    guard let id = document["id"]?.text.flatMap({ JobID($0) }),
      let name = document["state"]?.text,
      let state = JobState.allCases.first(where: { $0.name == name })
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.id = id
    self.state = state
    target = document["target"]?.text ?? "?"
    priority = document["priority"]?.text ?? "?"
    version = document["last_seq"]?.int ?? 0
  }

  /// RFC 3339, as the gateway wrote it; `nil` for what has not happened.
  func time(_ key: String) -> String? { document[key]?.text }

  /// Its unique key, with where and how long it counts; `nil` when it holds none.
  var uniqueness: String? {
    guard let key = document["unique_key"]?.text else { return nil }
    let scope = document["unique_scope"]?.text.map { " per \($0)" } ?? ""
    let period = document["unique_for"]?.text.map { " for \($0)" } ?? ""
    return key + (scope + period == "" ? "" : " (counts\(scope)\(period))")
  }

  /// The signal with which it starts, and how long it waits for it.
  var signal: String? {
    guard let signal = document["wait_for"]?["signal"]?.text else { return nil }
    return "signal \(signal)" + (document["wait_for"]?["timeout"]?.text.map { ", \($0)" } ?? "")
  }

  /// Its time-outs and its number of attempts, those that were asked for.
  var limits: String? {
    var limits = ["queue", "step", "idle"].compactMap { name in
      document["timeouts"]?[name]?.text.map { "\(name) \($0)" }
    }
    if let attempts = document["max_attempts"]?.int { limits.append("\(attempts) attempts") }
    return limits.isEmpty ? nil : limits.joined(separator: ", ")
  }

  /// The job that has delegated it; `nil` for one that a user asked for.
  var parent: JobID? { document["parent_id"]?.text.flatMap { JobID($0) } }

  /// `code: message` of what went wrong.
  var problem: String? { Self.problem(document["error"]) }

  /// `code: message` of an error's document.
  static func problem(_ error: JSONValue?) -> String? {
    guard let error, let code = error["code"]?.text else { return nil }
    return "\(code): \(error["message"]?.text ?? "")"
  }

  /// The exit code that tells a script how the job stands; success while it is not over.
  var exitStatus: ExitStatus {
    switch state {
    case .failed, .expired: .failed
    case .cancelled: .cancelled
    default: .ok
    }
  }
}

/// A step as the API shows it.
struct StepView: Sendable {
  let document: JSONValue
  let index: Int64
  let kind: String
  /// The name without `agent:` or `skill:`.
  let name: String
  let state: String
  let attempt: Int64
  /// How often the worker died with it.
  let crashes: Int64

  /// For a table: attempts, and crashes after a plus sign.
  var tries: String { Self.tries(attempt, crashes: crashes) }

  static func tries(_ attempts: Int64, crashes: Int64) -> String {
    "\(attempts)" + (crashes > 0 ? "+\(crashes)" : "")
  }

  /// - Throws: ``CommandError`` when the document is no step.
  init(_ document: JSONValue) throws {
    guard let index = document["index"]?.int, let state = document["state"]?.text else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.index = index
    self.state = state
    kind = document["kind"]?.text ?? "?"
    name = Self.name(of: document["target"]?.text ?? "?")
    attempt = document["attempt"]?.int ?? 0
    crashes = document["crashes"]?.int ?? 0
  }

  /// A target without `agent:` or `skill:`.
  static func name(of target: String) -> String {
    target.firstIndex(of: ":").map { String(target[target.index(after: $0)...]) } ?? target
  }

  /// RFC 3339, as the gateway wrote it; `nil` for what has not happened.
  func time(_ key: String) -> String? { document[key]?.text }

  /// `code: message` of what went wrong.
  var problem: String? { JobView.problem(document["error"]) }
}

extension CommandError {
  /// Something answered, but not as this version's API does.
  static let unexpectedAnswer = CommandError(
    .failed, type: "unexpected_answer", "what answers is no gateway, or a newer one",
    hint: "Look at --url and at `openclaw --version`.")
}
