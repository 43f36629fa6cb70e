import Jobs

extension Console {
  /// Prints one batch as a row.
  func show(batch: BatchView) throws {
    try show(batch.document) { table(of: [batch]) }
  }

  /// Prints a new batch, and in the table form which of its jobs were rejected and why.
  func show(batch: BatchView, _ outcome: BatchOutcome) throws {
    guard case .object(var members) = batch.document,
      case .object(let items) = outcome.document
    else { throw CommandError.unexpectedAnswer }
    members.merge(items) { $1 }
    try show(.object(members)) {
      let rejected = outcome.table(isColored: isColored, onlyRejected: true)
      return table(of: [batch]) + (outcome.rejected == 0 ? "" : "\n\n\(rejected)")
    }
    if format == .table { say(outcome.summary) }
  }

  /// A row for each batch.
  func table(of batches: [BatchView]) -> String {
    guard !batches.isEmpty else { return "no batches" }
    var table = TextTable(
      "ID", "NAME", "STATE", "JOBS", "PENDING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED",
      "CREATED")
    for batch in batches {
      table.add(
        "\(batch.id)", batch.name ?? "–", batch.stateText, "\(batch.total)", "\(batch.pending)",
        "\(batch.count(.succeeded))", "\(batch.count(.failed))", "\(batch.count(.cancelled))",
        "\(batch.count(.expired))", WireTime.short(batch.document["created_at"]?.text))
    }
    return table.text(isColored: isColored, width: width)
  }

  /// All that is known of a batch.
  func details(_ batch: BatchView) -> String {
    let document = batch.document
    let callback = document["callback"]
    let input = callback?["input"].flatMap { $0 == .null ? nil : $0 }
    let ends = [JobState.succeeded, .failed, .cancelled, .expired]
      .map { "\(batch.count($0)) \($0.name)" }
    let lines: [(name: String, value: String?)] = [
      ("id", "\(batch.id)"), ("name", batch.name), ("state", batch.stateText),
      ("jobs", "\(batch.total), \(batch.pending) not over"),
      ("ended", ends.joined(separator: ", ")),
      ("created", document["created_at"]?.text), ("closed", document["closed_at"]?.text),
      ("finished", document["finished_at"]?.text),
      ("callback", callback?["target"]?.text), ("on", callback?["on"]?.text),
      ("priority", callback?["priority"]?.text),
      ("input", input.map { Self.readable($0) ?? $0.compact(escaping: true) }),
      ("outcome", document["callback_outcome"]?.text), ("job", batch.callbackJob),
    ]
    return lines.compactMap { name, value in
      value.map { "\(name.padded(to: 9)) \(TerminalText.neutralized($0, keepsLines: true))" }
    }.joined(separator: "\n")
  }
}

extension BatchView {
  /// The state, and whether its jobs are cancelled, which is no state of its own.
  var stateText: String {
    guard isCancelled else { return state }
    return isFinished ? "finished, cancelled" : "cancelling"
  }
}
