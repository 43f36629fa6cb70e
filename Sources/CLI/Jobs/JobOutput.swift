import Jobs

extension Console {
  /// Prints jobs as a table, or as the document that they came in.
  func show(jobs: [JobView], of document: JSONValue) throws {
    try show(jobs.map(\.document), of: document) { jobTable(jobs) }
  }

  /// Prints one job as a row.
  func show(job: JobView) throws {
    try show(job.document) { jobTable([job]) }
  }

  /// Prints what became of a job that is over: in the table form its result alone.
  func showEnd(of job: JobView) throws {
    guard format == .table else { return try show(job.document) { "" } }
    if job.state == .succeeded {
      let result = job.document["result"] ?? .null
      try showText(Self.readable(result) ?? result.indented(escaping: false))
    } else {
      say("job \(job.id) \(job.state.name)\(job.problem.map { ": \($0)" } ?? "")")
    }
  }

  /// Prints a job with all that is known, and its steps.
  func show(job: JobView, steps: [StepView]) throws {
    guard case .object(var members) = job.document else { throw CommandError.unexpectedAnswer }
    members["steps"] = .array(steps.map(\.document))
    try show(.object(members)) { "\(details(job))\n\n\(stepTable(steps))" }
  }

  /// The text of a string, or of an agent's `{"text":…,"model":…}`.
  static func readable(_ result: JSONValue) -> String? {
    if let text = result.text { return text }
    return result["text"]?.text
  }

  private func jobTable(_ jobs: [JobView]) -> String {
    guard !jobs.isEmpty else { return "no jobs" }
    var table = TextTable("ID", "TARGET", "PRIORITY", "STATE", "CREATED", "ERROR")
    for job in jobs {
      table.add(
        "\(job.id)", job.target, job.priority, job.state.name,
        WireTime.short(job.time("created_at")), job.problem ?? "")
    }
    return table.text(isColored: isColored, width: width)
  }

  private func stepTable(_ steps: [StepView]) -> String {
    guard !steps.isEmpty else { return "no steps" }
    var table = TextTable("STEP", "KIND", "NAME", "STATE", "TRIES", "STARTED", "ERROR")
    for step in steps {
      table.add(
        "\(step.index)", step.kind, step.name, step.state, step.tries,
        WireTime.short(step.time("started_at")), step.problem ?? "")
    }
    return table.text(isColored: isColored, width: width)
  }

  private func details(_ job: JobView) -> String {
    var lines: [(String, String?)] = [
      ("id", "\(job.id)"), ("target", job.target), ("priority", job.priority),
      ("state", job.state.name), ("session", job.document["session_id"]?.text),
      ("unique", job.uniqueness), ("batch", job.document["batch_id"]?.text),
      ("schedule", job.document["schedule_id"]?.text), ("parent", job.parent.map { "\($0)" }),
      ("retry of", job.document["retry_of"]?.text), ("webhook", job.document["webhook_id"]?.text),
      ("created", job.time("created_at")), ("run at", job.time("run_at")),
      ("deadline", job.time("deadline")), ("waits for", job.signal), ("limits", job.limits),
      ("started", job.time("started_at")),
      ("finished", job.time("finished_at")),
      ("error", job.problem),
    ]
    for key in ["input", "result"] {
      let value = job.document[key].flatMap { $0 == .null ? nil : $0 }
      lines.append((key, value.map { Self.readable($0) ?? $0.compact(escaping: true) }))
    }
    return lines.compactMap { name, value in
      value.map { "\(name.padded(to: 9)) \(TerminalText.neutralized($0, keepsLines: true))" }
    }.joined(separator: "\n")
  }
}
