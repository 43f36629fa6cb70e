import Jobs

/// Why a job waits, as the API tells it.
struct WaitView: Sendable {
  /// What keeps one step that is not over.
  struct Step: Sendable, Equatable {
    let target: String
    /// A word, such as `queue`; later versions may have more of them.
    let cause: String
    /// One sentence.
    let detail: String
    /// One sentence: what would let it go on.
    let remedy: String
    /// How many steps start before it; more than 10,000 are not counted.
    let ahead: Int64?
    /// RFC 3339: when it goes on by itself.
    let until: String?
    /// How long it may still wait.
    let estimate: Duration?
    /// What the estimate is made of, or why there is none.
    let basis: String?
  }

  let document: JSONValue
  let job: String
  let state: String
  /// One sentence.
  let summary: String
  let steps: [Step]

  /// - Throws: ``CommandError`` when the document explains no job.
  init(_ document: JSONValue) throws {
    guard let job = document["job"]?.text, let state = document["state"]?.text,
      let summary = document["summary"]?.text, let steps = document["steps"]?.elements
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.job = job
    self.state = state
    self.summary = summary
    self.steps = steps.map { step in
      Step(
        target: step["target"]?.text ?? "?", cause: step["cause"]?.text ?? "?",
        detail: step["detail"]?.text ?? "", remedy: step["remedy"]?.text ?? "",
        ahead: step["ahead"]?.int, until: step["until"]?.text,
        estimate: step["estimate_seconds"]?.double.map { .seconds($0) },
        basis: step["estimate_basis"]?.text)
    }
  }
}
