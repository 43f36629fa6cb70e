public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// Schedules: making, finding, changing and firing them.
public enum ScheduleStatements {
  private static func selection(input: SQL = "schedule.input", queued: SQL = "0::bigint") -> SQL {
    """
    SELECT schedule.id, schedule.user_id, schedule.token_id, schedule.name, schedule.cron,
      schedule.time_zone, schedule.target, schedule.priority, schedule.session,
      schedule.deadline_ms, schedule.queue_timeout_ms, schedule.step_timeout_ms,
      schedule.idle_timeout_ms, schedule.max_attempts, schedule.webhook_id, schedule.misfire, schedule.misfire_window_ms,
      schedule.overlap, schedule.max_queued, schedule.is_paused, schedule.pause_reason,
      schedule.next_at, schedule.last_at, schedule.last_job, schedule.last_outcome,
      schedule.created_at, \(input) AS input, users.name AS user_name, roles.name AS role,
      roles.targets, roles.maximum_priority, roles.may_operate, roles.weight,
      users.disabled_at IS NOT NULL OR tokens.revoked_at IS NOT NULL AS is_revoked,
      EXISTS (SELECT FROM jobs WHERE jobs.id = schedule.last_job AND jobs.state < 4) AS is_busy,
      \(queued) AS queued
    FROM schedules AS schedule JOIN users ON users.id = schedule.user_id
    JOIN roles ON roles.name = users.role JOIN tokens ON tokens.id = schedule.token_id
    """
  }

  /// A page of a user's schedules, the newest first and without their inputs, for ``read(_:)``.
  public static func list(of user: UserID, before: ScheduleID?, limit: Int) -> SQL {
    let rest: SQL = """
       WHERE schedule.user_id = \(user.uuid)
        AND (\(before?.uuid)::uuid IS NULL OR schedule.id < \(before?.uuid))
      ORDER BY schedule.id DESC LIMIT \(Int64(limit))
      """
    return selection(input: "''::bytea") + rest
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
    return selection() + rest + (locks ? " FOR UPDATE OF schedule" : "")
  }

  /// Some schedules whose next tick has come, locked, for ``read(_:)``.
  public static let due: SQL =
    selection(queued: queued) + """
       WHERE NOT schedule.is_paused AND schedule.next_at <= now()
      ORDER BY schedule.next_at LIMIT 16 FOR UPDATE OF schedule SKIP LOCKED
      """

  /// Its live jobs where its next one would wait, counted no further than decides.
  private static let queued: SQL = """
    (SELECT count(*) FROM (
      SELECT FROM session_jobs AS live JOIN jobs ON jobs.id = live.job_id
      WHERE live.user_id = schedule.user_id AND jobs.schedule_id = schedule.id AND jobs.state < 4
        AND live.session = coalesce(schedule.session, 'schedule:' || schedule.id)
      LIMIT schedule.max_queued + 1) AS counted)
    """

  /// Reads rows of the statements above.
  public static func read(_ rows: [Row]) throws -> [StoredSchedule] {
    try rows.map(StoredSchedule.init)
  }

  /// Makes a schedule, audited. A taken name is a `uniqueViolation`.
  public static func insert(
    _ id: ScheduleID, _ request: ScheduleRequest, input: Sealed, next: Date?,
    by principal: Principal
  ) -> SQL {
    let options = request.job.options
    return """
      WITH stored AS (
        INSERT INTO schedules (id, user_id, token_id, name, cron, time_zone, target, priority,
          input, session, deadline_ms, queue_timeout_ms, step_timeout_ms, idle_timeout_ms,
          max_attempts, webhook_id, misfire, misfire_window_ms, overlap, max_queued, next_at)
        VALUES (\(id.uuid), \(principal.user.uuid), \(principal.token.uuid), \(request.name),
          \(request.cron), \(request.timeZone), \(request.job.target.description),
          \(request.job.priority.rawValue), \(input.bytes), \(options.session?.description),
          \(options.deadline?.milliseconds), \(options.queueTimeout?.milliseconds),
          \(options.stepTimeout?.milliseconds), \(options.idleTimeout?.milliseconds),
          \(options.maximumAttempts.map(Int16.init)), \(options.webhook?.uuid), \(request.misfire.rawValue),
          \(request.misfireWindow.milliseconds), \(request.overlap.rawValue),
          \(Int32(request.maximumQueued)), \(next))
        RETURNING id
      )\(audit("schedule.set", from: "stored", by: principal))
      """
  }

  /// Changes all of a locked schedule but its target, audited; one that is paused stays so. A taken
  /// name is a `uniqueViolation`.
  ///
  /// - Parameters:
  ///   - input: `nil` for the one that it has.
  ///   - next: When it fires next, unless it is paused; `nil` for when it does already.
  public static func update(
    _ id: ScheduleID, to request: ScheduleRequest, input: Sealed?, next: Date??,
    by principal: Principal
  ) -> SQL {
    let options = request.job.options
    let nextAt: SQL = next.map { "CASE WHEN is_paused THEN NULL ELSE \($0) END" } ?? "next_at"
    return """
      WITH stored AS (
        UPDATE schedules SET token_id = \(principal.token.uuid), name = \(request.name),
          cron = \(request.cron), time_zone = \(request.timeZone),
          priority = \(request.job.priority.rawValue),
          input = coalesce(\(input?.bytes)::bytea, input), session = \(options.session?.description),
          deadline_ms = \(options.deadline?.milliseconds),
          queue_timeout_ms = \(options.queueTimeout?.milliseconds),
          step_timeout_ms = \(options.stepTimeout?.milliseconds),
          idle_timeout_ms = \(options.idleTimeout?.milliseconds),
          max_attempts = \(options.maximumAttempts.map(Int16.init)),
          webhook_id = \(options.webhook?.uuid), misfire = \(request.misfire.rawValue),
          misfire_window_ms = \(request.misfireWindow.milliseconds),
          overlap = \(request.overlap.rawValue), max_queued = \(Int32(request.maximumQueued)),
          next_at = \(nextAt)
        WHERE id = \(id.uuid) RETURNING id
      )\(audit("schedule.set", from: "stored", by: principal))
      """
  }

  private static func audit(_ action: String, from table: String, by principal: Principal) -> SQL {
    """
     INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), \(action), id::text, 'done'
    FROM \(unsafeRaw: table)
    """
  }

  /// Pauses a schedule, or lets it go on, audited; why it had paused by itself is forgotten.
  public static func pause(
    _ id: ScheduleID, _ isPaused: Bool, next: Date?, by principal: Principal
  ) -> SQL {
    """
    WITH changed AS (
      UPDATE schedules SET is_paused = \(isPaused), pause_reason = NULL, next_at = \(next)
      WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid) RETURNING id
    )\(audit(isPaused ? "schedule.pause" : "schedule.resume", from: "changed", by: principal))
    """
  }

  /// Deletes a schedule, audited; the jobs that it has made stay.
  public static func delete(_ id: ScheduleID, by principal: Principal) -> SQL {
    """
    WITH gone AS (
      DELETE FROM schedules WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid)
      RETURNING id
    )\(audit("schedule.delete", from: "gone", by: principal))
    """
  }

  /// Moves a locked schedule on.
  ///
  /// - Parameter pauseReason: Why it is paused from now on; `nil` leaves it as it is.
  public static func advance(
    _ id: ScheduleID, to next: Date?, last: Date, job: JobID?, outcome: TickOutcome?,
    pauseReason: TickOutcome?
  ) -> SQL {
    """
    UPDATE schedules SET next_at = \(next), last_at = \(last),
      last_job = coalesce(\(job?.uuid)::uuid, last_job), last_outcome = \(outcome?.rawValue),
      is_paused = is_paused OR \(pauseReason != nil),
      pause_reason = coalesce(\(pauseReason?.rawValue)::text, pause_reason)
    WHERE id = \(id.uuid)
    """
  }

  /// Schedules that have paused by themselves and whose owners are there. Columns: `reason, count`.
  public static let stopped: SQL = """
    SELECT pause_reason AS reason, count(*) AS count FROM schedules
    JOIN users ON users.id = schedules.user_id AND users.disabled_at IS NULL
    WHERE pause_reason IS NOT NULL GROUP BY pause_reason
    """
}
