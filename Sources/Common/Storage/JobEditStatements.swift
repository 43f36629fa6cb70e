import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// What may be changed of a job that waits; its row is locked.
public enum JobEditStatements {
  /// Gives the job, and its steps that do not run, another priority; what is ready changes its lane.
  /// Columns: `step_id, job_id, pool, priority`, of steps that need a ticket.
  public static func prioritize(
    _ job: JobID, _ priority: Priority, by principal: Principal
  ) -> [SQL] {
    [
      """
      WITH changed AS (
        UPDATE jobs SET priority = \(priority.rawValue)
        WHERE id = \(job.uuid) AND state < 4 AND priority <> \(priority.rawValue) RETURNING id
      ), waiting AS (
        UPDATE steps SET priority = \(priority.rawValue)
        WHERE job_id = \(job.uuid) AND state IN (0, 2)
      )
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome, detail)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.priority', id::text, 'done',
        jsonb_build_object('value', \(priority.name)::text) FROM changed
      """,
      """
      WITH ready AS MATERIALIZED (
        SELECT id FROM steps WHERE job_id = \(job.uuid) AND state = 1
          AND priority <> \(priority.rawValue) ORDER BY id FOR UPDATE
      ), moved AS (
        UPDATE steps SET priority = \(priority.rawValue), state = 2
        FROM ready WHERE steps.id = ready.id AND steps.state = 1 RETURNING steps.id
      )
      SELECT id FROM moved
      """,
    ]
  }

  /// Makes steps ready that ``prioritize(_:_:by:)`` has taken out of their lane.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func place(_ job: JobID) -> SQL {
    """
    WITH moved AS MATERIALIZED (
      SELECT id FROM steps WHERE job_id = \(job.uuid) AND state = 2 AND held_by IS NULL
    )\(Promotion.rest(of: "moved"))
    """
  }

  /// Gives a job that has not started another time, or another input.
  /// Column: `id`, of its step; none when it is due already.
  public static func reschedule(
    _ job: JobID, to start: Moment?, input: Sealed?, by principal: Principal
  ) -> SQL {
    """
    WITH waiting AS MATERIALIZED (
      SELECT steps.id, coalesce(\(start?.date)::timestamptz,
        now() + \(start?.milliseconds)::bigint * interval '1 ms', steps.ready_at) AS run_at
      FROM steps WHERE job_id = \(job.uuid) AND index = 0 AND state = 0 AND runs = 0 FOR UPDATE
    ), moved AS (
      UPDATE steps SET ready_at = waiting.run_at FROM waiting WHERE steps.id = waiting.id
    ), changed AS (
      UPDATE jobs SET run_at = waiting.run_at, input = coalesce(\(input?.bytes)::bytea, input),
        start_by = start_by + (waiting.run_at - jobs.run_at),
        expires_at = least(deadline_at, start_by + (waiting.run_at - jobs.run_at))
      FROM waiting WHERE jobs.id = \(job.uuid) RETURNING jobs.id
    ), audited AS (
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.edit', id::text, 'done'
      FROM changed
    )
    SELECT id FROM waiting
    """
  }
}
