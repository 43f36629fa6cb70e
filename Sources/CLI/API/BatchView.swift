import Jobs

/// A set of jobs as the API shows it.
struct BatchView: Sendable {
  let document: JSONValue
  let id: BatchID
  /// `nil` for one without a name.
  let name: String?
  /// `open`, `closed` or `finished`.
  let state: String
  /// Whether its jobs are being cancelled, or were.
  let isCancelled: Bool
  /// Jobs that were added.
  let total: Int64
  /// Those that are not over.
  let pending: Int64

  /// - Throws: ``CommandError`` when the document is no batch.
  init(_ document: JSONValue) throws {
    guard let id = document["id"]?.text.flatMap({ BatchID($0) }),
      let state = document["state"]?.text, let total = document["total"]?.int,
      let pending = document["pending"]?.int
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.id = id
    self.state = state
    self.total = total
    self.pending = pending
    name = document["name"]?.text
    isCancelled = document["cancelled"] == true
  }

  /// Whether no job comes any more, and all are over.
  var isFinished: Bool { state == BatchState.finished.name }

  /// How many of its jobs ended so.
  func count(_ end: JobState) -> Int64 { document["ended"]?[end.name]?.int ?? 0 }

  /// The job that its end has made.
  var callbackJob: String? { document["callback_job"]?.text }

  /// The exit code that tells a script how its jobs ended; success while they have not.
  var exitStatus: ExitStatus {
    !isFinished || count(.succeeded) == total ? .ok : .failed
  }
}
