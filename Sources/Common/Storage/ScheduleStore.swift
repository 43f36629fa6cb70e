public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A schedule's row, its input still closed.
public struct StoredSchedule: Sendable {
  /// The schedule.
  public let id: ScheduleID
  /// Its owner, with the role of now; the token that it was made with.
  public let owner: Principal
  /// Whether the user or the token was revoked since.
  public let isRevoked: Bool
  /// What it does; its job's input is `null`.
  public let request: ScheduleRequest
  /// Sealed for ``SealedContent/Column/scheduleInput`` and the row `id`.
  public let input: [UInt8]
  /// See ``Jobs/ScheduleRecord``.
  public let isPaused: Bool, nextAt: Date?, lastAt: Date?, lastJob: JobID?
  /// What became of the last tick.
  public let lastOutcome: String?
  /// When it was made.
  public let createdAt: Date
  /// Whether the job of its last tick is not over.
  public let isBusy: Bool

  init(_ row: Row) throws {
    id = ScheduleID(try row.decode("id", as: UUID.self))
    owner = try row.principal()
    isRevoked = try row.decode("is_revoked", as: Bool.self)
    var options = JobOptions()
    options.session = try row.decode("session", as: String?.self).flatMap(SessionName.init(stored:))
    options.deadline = try row.decode("deadline_ms", as: Int64?.self)
      .map { .after(.milliseconds($0)) }
    options.maximumAttempts = try row.decode("max_attempts", as: Int16?.self).map(Int.init)
    request = ScheduleRequest(
      name: try row.decode("name", as: String.self), cron: try row.decode("cron", as: String.self),
      timeZone: try row.decode("time_zone", as: String.self),
      job: JobRequest(
        target: try row.target("target"), input: .null, priority: try row.stored("priority"),
        options: options),
      misfire: try row.stored("misfire"),
      misfireWindow: .milliseconds(try row.decode("misfire_window_ms", as: Int64.self)),
      overlap: try row.stored("overlap"))
    input = try row.decode("input", as: [UInt8].self)
    isPaused = try row.decode("is_paused", as: Bool.self)
    nextAt = try row.decode("next_at", as: Date?.self)
    lastAt = try row.decode("last_at", as: Date?.self)
    lastJob = try row.decode("last_job", as: UUID?.self).map(JobID.init)
    lastOutcome = try row.decode("last_outcome", as: String?.self)
    createdAt = try row.decode("created_at", as: Date.self)
    isBusy = try row.decode("is_busy", as: Bool.self)
  }
}

/// Schedules: making, finding, changing and firing them.
public enum ScheduleStatements {
  private static let selection: SQL = """
    SELECT schedule.*, users.name AS user_name, roles.name AS role, roles.targets,
      roles.maximum_priority, roles.may_operate, roles.weight,
      users.disabled_at IS NOT NULL OR tokens.revoked_at IS NOT NULL AS is_revoked,
      EXISTS (SELECT FROM jobs WHERE jobs.id = schedule.last_job AND jobs.state < 4) AS is_busy
    FROM schedules AS schedule JOIN users ON users.id = schedule.user_id
    JOIN roles ON roles.name = users.role JOIN tokens ON tokens.id = schedule.token_id
    """

  /// A user's schedules by name, for ``read(_:)``.
  public static func list(of user: UserID) -> SQL {
    let rest: SQL = " WHERE schedule.user_id = \(user.uuid) ORDER BY schedule.name LIMIT 1000"
    return selection + rest
  }

  /// How many schedules a user has. Column: `count`.
  public static func count(of user: UserID) -> SQL {
    "SELECT count(*) AS count FROM schedules WHERE user_id = \(user.uuid)"
  }

  /// A user's schedule by its id or its name, for ``read(_:)``.
  ///
  /// - Parameter locks: Whether its row is locked.
  public static func find(_ name: String, of user: UserID, locks: Bool = false) -> SQL {
    let id = ScheduleID(name)?.uuid
    let rest: SQL = """
       WHERE schedule.user_id = \(user.uuid)
        AND (schedule.name = \(name) OR schedule.id = \(id)::uuid)
      """
    return selection + rest + (locks ? " FOR UPDATE OF schedule" : "")
  }

  /// Some schedules whose next tick has come, locked, for ``read(_:)``.
  public static let due: SQL =
    selection + """
       WHERE NOT schedule.is_paused AND schedule.next_at <= now()
      ORDER BY schedule.next_at LIMIT 16 FOR UPDATE OF schedule SKIP LOCKED
      """

  /// Reads rows of the statements above.
  public static func read(_ rows: [Row]) throws -> [StoredSchedule] {
    try rows.map(StoredSchedule.init)
  }

  /// Makes a schedule or changes all of it, audited; one that is paused stays so. A taken name is a
  /// `uniqueViolation`.
  ///
  /// - Parameter next: When it fires next, unless it is paused.
  public static func store(
    _ id: ScheduleID, _ request: ScheduleRequest, input: Sealed, next: Date?,
    by principal: Principal
  ) -> SQL {
    let options = request.job.options
    return """
      WITH stored AS (
        INSERT INTO schedules (id, user_id, token_id, name, cron, time_zone, target, priority,
          input, session, deadline_ms, max_attempts, misfire, misfire_window_ms, overlap, next_at)
        VALUES (\(id.uuid), \(principal.user.uuid), \(principal.token.uuid), \(request.name),
          \(request.cron), \(request.timeZone), \(request.job.target.description),
          \(request.job.priority.rawValue), \(input.bytes), \(options.session?.description),
          \(options.deadline?.milliseconds), \(options.maximumAttempts.map(Int16.init)),
          \(request.misfire.rawValue),
          \(Int64(request.misfireWindow / .milliseconds(1))), \(request.overlap.rawValue), \(next))
        ON CONFLICT (id) DO UPDATE SET token_id = EXCLUDED.token_id, name = EXCLUDED.name,
          cron = EXCLUDED.cron, time_zone = EXCLUDED.time_zone, priority = EXCLUDED.priority,
          input = EXCLUDED.input, session = EXCLUDED.session,
          deadline_ms = EXCLUDED.deadline_ms, max_attempts = EXCLUDED.max_attempts, misfire = EXCLUDED.misfire,
          misfire_window_ms = EXCLUDED.misfire_window_ms, overlap = EXCLUDED.overlap,
          next_at = CASE WHEN schedules.is_paused THEN NULL ELSE EXCLUDED.next_at END
        RETURNING id
      )
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'schedule.set', id::text, 'done'
      FROM stored
      """
  }

  /// Pauses a schedule, or lets it go on, audited.
  public static func pause(
    _ id: ScheduleID, _ isPaused: Bool, next: Date?, by principal: Principal
  ) -> SQL {
    """
    WITH changed AS (
      UPDATE schedules SET is_paused = \(isPaused), next_at = \(next)
      WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid) RETURNING id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid),
      \(isPaused ? "schedule.pause" : "schedule.resume"), id::text, 'done' FROM changed
    """
  }

  /// Deletes a schedule, audited; the jobs that it has made stay.
  public static func delete(_ id: ScheduleID, by principal: Principal) -> SQL {
    """
    WITH gone AS (
      DELETE FROM schedules WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid)
      RETURNING id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), 'schedule.delete', id::text, 'done'
    FROM gone
    """
  }

  /// Notes what became of ticks of a locked schedule. A tick that is noted already is a
  /// `uniqueViolation`: it never fires twice.
  public static func note(
    _ ticks: [(tick: Date, job: JobID?, outcome: String)], of id: ScheduleID
  ) -> SQL {
    """
    INSERT INTO schedule_ticks (schedule_id, tick, job_id, outcome)
    SELECT \(id.uuid), tick, job_id, outcome
    FROM unnest(\(ticks.map(\.tick)), \(ticks.map { $0.job?.uuid }), \(ticks.map(\.outcome)))
      AS t(tick, job_id, outcome)
    """
  }

  /// Moves a locked schedule on.
  public static func advance(
    _ id: ScheduleID, to next: Date?, last: Date, job: JobID?, outcome: String?, pauses: Bool
  ) -> SQL {
    """
    UPDATE schedules SET next_at = \(next), last_at = \(last),
      last_job = coalesce(\(job?.uuid)::uuid, last_job), last_outcome = \(outcome),
      is_paused = is_paused OR \(pauses)
    WHERE id = \(id.uuid)
    """
  }

  /// Forgets ticks that are older than 30 days.
  public static let forgetTicks: SQL = """
    DELETE FROM schedule_ticks WHERE (schedule_id, tick) IN (
      SELECT schedule_id, tick FROM schedule_ticks
      WHERE decided_at < now() - interval '30 days' LIMIT 1024)
    """
}
