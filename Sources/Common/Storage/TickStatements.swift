public import FoundationEssentials
public import Jobs
public import Postgres

/// What became of the ticks of schedules.
public enum TickStatements {
  /// Notes what became of ticks of a locked schedule. A tick that is noted already is a
  /// `uniqueViolation`: it never fires twice.
  public static func note(
    _ ticks: [(tick: Date, job: JobID?, outcome: TickOutcome)], of id: ScheduleID
  ) -> SQL {
    """
    INSERT INTO schedule_ticks (schedule_id, tick, job_id, outcome)
    SELECT \(id.uuid), tick, job_id, outcome
    FROM unnest(\(ticks.map(\.tick)), \(ticks.map { $0.job?.uuid }),
      \(ticks.map(\.outcome.rawValue))) AS t(tick, job_id, outcome)
    """
  }

  /// A page of the ticks of a schedule, the newest first, for ``read(_:)``.
  public static func list(of id: ScheduleID, before: TickID?, limit: Int) -> SQL {
    """
    SELECT tick, job_id, outcome, decided_at FROM schedule_ticks
    WHERE schedule_id = \(id.uuid) AND tick < coalesce(\(before?.date)::timestamptz, 'infinity')
    ORDER BY tick DESC LIMIT \(Int64(limit))
    """
  }

  /// Reads rows of ``list(of:before:limit:)``.
  public static func read(_ rows: [Row]) throws -> [TickRecord] {
    try rows.map { row in
      let text = try row.decode("outcome", as: String.self)
      guard let outcome = TickOutcome(rawValue: text) else {
        throw PostgresError(code: .decoding, message: "outcome holds no outcome of a tick")
      }
      return TickRecord(
        at: try row.decode("tick", as: Date.self), outcome: outcome,
        job: try row.decode("job_id", as: UUID?.self).map(JobID.init),
        decidedAt: try row.decode("decided_at", as: Date.self))
    }
  }

  /// Forgets ticks that are older than 30 days.
  public static let forgetTicks: SQL = """
    DELETE FROM schedule_ticks WHERE (schedule_id, tick) IN (
      SELECT schedule_id, tick FROM schedule_ticks
      WHERE decided_at < now() - interval '30 days' LIMIT 1024)
    """
}
