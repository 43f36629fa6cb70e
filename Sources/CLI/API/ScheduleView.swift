import Jobs

/// A schedule as the API shows it.
struct ScheduleView: Sendable {
  let document: JSONValue
  let name: String
  /// `active` or `paused`.
  let state: String
  let cron: String
  let timeZone: String
  let target: String
  /// RFC 3339; `nil` when it does not fire any more.
  let nextAt: String?
  /// RFC 3339; `nil` when it has not fired yet.
  let lastAt: String?
  /// What became of the last firing.
  let lastOutcome: String?

  /// - Throws: ``CommandError`` when the document is no schedule.
  init(_ document: JSONValue) throws {
    guard let name = document["name"]?.text, let cron = document["cron"]?.text,
      let state = document["state"]?.text
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.name = name
    self.cron = cron
    self.state = state
    timeZone = document["time_zone"]?.text ?? "?"
    target = document["target"]?.text ?? "?"
    nextAt = document["next_at"]?.text
    lastAt = document["last_at"]?.text
    lastOutcome = document["last_outcome"]?.text
  }
}
