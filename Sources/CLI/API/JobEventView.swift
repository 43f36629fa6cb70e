import Jobs

/// An event of a job's history as the API sends it: a CloudEvents 1.0 envelope.
struct JobEventView: Sendable {
  /// What happened, as far as the command line knows the type.
  enum Content: Sendable {
    case state(JobState)
    case step(StepEvent)
    case text(TextDelta)
    case ended(JobState, problem: String?)
    /// Fields of the job that somebody has changed.
    case change([String])
    /// An event of a later version.
    case other
  }

  /// A step that changed its state.
  struct StepEvent: Sendable, Equatable {
    let index: Int64
    let kind: String
    /// The name without `agent:` or `skill:`.
    let name: String
    /// `nil` in histories that an older gateway wrote.
    let state: String?
    let attempt: Int64
    /// `code: message` of an attempt that failed.
    let problem: String?
    /// When it is tried again, in RFC 3339.
    let retryAt: String?
  }

  let document: JSONValue
  /// Such as `job.step`.
  let type: String
  /// RFC 3339.
  let time: String?
  /// Its place in the history, from 1; `nil` for live text.
  let sequence: Int64?
  let content: Content

  /// - Throws: ``CommandError`` when the document is no event of a job.
  init(_ document: JSONValue) throws {
    guard let type = document["type"]?.text, let data = document["data"] else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.type = type
    time = document["time"]?.text
    // `<job>/<seq>`; the id of live text has four parts.
    let parts = (document["id"]?.text ?? "").split(separator: "/")
    sequence = parts.count == 2 ? Int64(parts[1]) : nil
    content = Self.content(type, data)
  }

  private static func content(_ type: String, _ data: JSONValue) -> Content {
    let state = data["state"]?.text.flatMap { name in
      JobState.allCases.first { $0.name == name }
    }
    switch (type, state) {
    case ("job.step", _): return step(data).map(Content.step) ?? .other
    case ("job.changed", _):
      return .change((data["changed"]?.elements ?? []).compactMap(\.text))
    case ("job.delta", _): return delta(data).map(Content.text) ?? .other
    case (_, let state?) where state.isFinal:
      return .ended(state, problem: JobView.problem(data["error"]))
    case (_, let state?): return .state(state)
    case (_, nil): return .other
    }
  }

  private static func step(_ data: JSONValue) -> StepEvent? {
    guard let index = data["index"]?.int else { return nil }
    return StepEvent(
      index: index, kind: data["kind"]?.text ?? "?",
      name: StepView.name(of: data["target"]?.text ?? "?"), state: data["state"]?.text,
      attempt: data["attempt"]?.int ?? 1, problem: JobView.problem(data["error"]),
      retryAt: data["retry_at"]?.text)
  }

  private static func delta(_ data: JSONValue) -> TextDelta? {
    guard let step = data["step"]?.text.flatMap({ StepID($0) }),
      let attempt = data["attempt"]?.int.flatMap({ Int(exactly: $0) }),
      let offset = data["offset"]?.int.flatMap({ Int(exactly: $0) }), offset >= 0,
      let length = data["length"]?.int.flatMap({ Int(exactly: $0) }), length >= 0
    else { return nil }
    let text = data["text"]?.text
    guard text.map({ $0.utf8.count == length }) ?? true else { return nil }
    return TextDelta(
      step: step, attempt: attempt, offset: offset, length: length, text: text)
  }
}
