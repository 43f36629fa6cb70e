import Foundation
import Jobs

extension Console {
  /// Prints one schedule as a row.
  func show(schedule: ScheduleView) throws {
    try show(schedule.document) { table(of: [schedule]) }
  }

  /// A row for each schedule.
  func table(of schedules: [ScheduleView]) -> String {
    guard !schedules.isEmpty else { return "no schedules" }
    let now = Date.now
    var table = TextTable("NAME", "STATE", "CRON", "ZONE", "TARGET", "NEXT", "LAST", "OUTCOME")
    for schedule in schedules {
      table.add(
        schedule.name, schedule.state, schedule.cron, schedule.timeZone, schedule.target,
        WireTime.ahead(schedule.nextAt, of: now) ?? "–", WireTime.short(schedule.lastAt),
        schedule.lastOutcome ?? "")
    }
    return table.text(isColored: isColored, width: width)
  }

  /// All that is known of a schedule.
  func details(_ schedule: ScheduleView) -> String {
    let document = schedule.document
    let window = document["misfire_window_seconds"]?.double.map { Duration.seconds($0).brief }
    let deadline = document["deadline_seconds"]?.double.map { Duration.seconds($0).brief }
    let timeouts = ["queue", "step", "idle"].compactMap { name in
      document["timeouts"]?[name]?.text.map { "\(name) \($0)" }
    }
    let input = document["input"].flatMap { $0 == .null ? nil : $0 }
    let lines: [(name: String, value: String?)] = [
      ("name", schedule.name), ("id", document["id"]?.text), ("state", schedule.state),
      ("paused by", document["paused_reason"]?.text),
      ("cron", schedule.cron), ("zone", schedule.timeZone), ("target", schedule.target),
      ("priority", document["priority"]?.text), ("session", document["session_id"]?.text),
      ("attempts", document["max_attempts"]?.int.map { "\($0)" }),
      ("misfire", document["misfire"]?.text), ("window", window),
      ("overlap", document["overlap"]?.text),
      ("queued", document["max_queued"]?.int.map { "at most \($0)" }), ("deadline", deadline),
      ("timeouts", timeouts.isEmpty ? nil : timeouts.joined(separator: ", ")),
      ("webhook", document["webhook"]?.text), ("created", document["created_at"]?.text),
      ("next", schedule.nextAt), ("last", schedule.lastAt),
      ("last job", document["last_job"]?.text),
      ("outcome", schedule.lastOutcome),
      ("input", input.map { Self.readable($0) ?? $0.compact(escaping: true) }),
    ]
    return lines.compactMap { name, value in
      value.map { "\(name.padded(to: 9)) \(TerminalText.neutralized($0, keepsLines: true))" }
    }.joined(separator: "\n")
  }
}
