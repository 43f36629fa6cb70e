import Jobs

/// What became of the dead steps that were to be done again, as the API tells it.
struct RedriveView: Sendable {
  let document: JSONValue
  /// How many steps were meant.
  let matched: Int64
  let isDryRun: Bool
  /// The steps that were done again, each with the job that does it.
  let redriven: [(step: String, newJob: String)]
  let skipped: [(step: String, reason: String)]
  /// Why it was stopped before its end.
  let stopped: String?

  /// Whether it tells of single steps.
  var hasSteps: Bool { !redriven.isEmpty || !skipped.isEmpty }

  /// - Throws: ``CommandError`` when the document tells no such thing.
  init(_ document: JSONValue) throws {
    guard let matched = document["matched"]?.int else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.matched = matched
    isDryRun = document["dry_run"] == .bool(true)
    redriven = (document["redriven"]?.elements ?? []).map {
      ($0["step"]?.text ?? "?", $0["new_job"]?.text ?? "")
    }
    skipped = (document["skipped"]?.elements ?? []).map {
      ($0["step"]?.text ?? "?", $0["reason"]?.text ?? "?")
    }
    stopped = document["stopped"]?.text
  }
}
