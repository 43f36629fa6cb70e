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
        UPDATE jobs SET priority = \(priority.rawValue), last_seq = last_seq + 1
        WHERE id = \(job.uuid) AND state < 4 AND priority <> \(priority.rawValue)
        RETURNING id, last_seq
      )\(told(of: ["priority"])), waiting AS (
        UPDATE steps SET priority = \(priority.rawValue)
        WHERE job_id = \(job.uuid) AND state = 0
      )
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome, detail)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.priority', id::text, 'done',
        jsonb_build_object('value', \(priority.name)::text) FROM changed
      """,
      // What goes on keeps its rank, so it needs one of the new lane.
      """
      WITH held AS MATERIALIZED (
        SELECT steps.id, steps.user_id, steps.pool, \(priority.rawValue)::smallint AS priority,
          \(unsafeRaw: String(FairRank.cost)) / jobs.weight AS cost
        FROM steps JOIN jobs ON jobs.id = steps.job_id
        WHERE steps.job_id = \(job.uuid) AND steps.state = 2 AND steps.held_by IS NOT NULL
          AND steps.priority <> \(priority.rawValue)
      )\(FairRank.flow(of: "held")), placed AS MATERIALIZED (
        SELECT held.id, held.priority, \(FairRank.rank(of: "held", by: "id")) AS rank
        FROM held \(FairRank.join("held"))
      )
      UPDATE steps SET priority = placed.priority, rank = placed.rank FROM placed
      WHERE steps.id = placed.id AND steps.state = 2
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

  /// Gives a job that has not started another time, or another input; a time alone also counts for
  /// its steps that wait for their next attempt.
  /// Columns: `id, fits`, of these steps; none when nothing waits for its time. What does not fit
  /// would start at the job's deadline or later, and is not changed. A time that has passed counts as
  /// now.
  public static func reschedule(
    _ job: JobID, to start: Moment?, input: Sealed?, by principal: Principal
  ) -> SQL {
    let fields = (start == nil ? [] : ["run_at"]) + (input == nil ? [] : ["input"])
    return """
      WITH waiting AS MATERIALIZED (
        SELECT *, jobs_deadline IS NULL OR run_at < jobs_deadline AS fits FROM (
          SELECT steps.id, steps.runs = 0 AS is_first, coalesce(
            CASE WHEN \(start != nil) THEN greatest(\(start?.date)::timestamptz,
              now() + \(start?.milliseconds)::bigint * interval '1 ms', now()) END,
            steps.ready_at) AS run_at,
            (SELECT deadline_at FROM jobs WHERE jobs.id = steps.job_id) AS jobs_deadline
          FROM steps WHERE job_id = \(job.uuid) AND state = 0
            AND (index = 0 AND runs = 0 OR runs > 0 AND \(input == nil)) FOR UPDATE) AS step
      ), moved AS (
        UPDATE steps SET ready_at = waiting.run_at FROM waiting
        WHERE steps.id = waiting.id AND waiting.fits
      ), changed AS (
        UPDATE jobs SET last_seq = last_seq + 1,
          run_at = CASE WHEN is_first THEN first.run_at ELSE jobs.run_at END,
          input = CASE WHEN is_first THEN coalesce(\(input?.bytes)::bytea, input) ELSE input END,
          start_by = CASE WHEN is_first
            THEN start_by + (first.run_at - greatest(jobs.run_at, jobs.created_at)) ELSE start_by END,
          expires_at = CASE WHEN is_first
            THEN least(deadline_at, start_by + (first.run_at
              - greatest(jobs.run_at, jobs.created_at))) ELSE expires_at END
        FROM (SELECT is_first, run_at FROM waiting WHERE fits LIMIT 1) AS first
        WHERE jobs.id = \(job.uuid) RETURNING jobs.id, jobs.last_seq
      )\(told(of: fields)), audited AS (
        INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
        SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.edit', \(job.description), 'done'
        WHERE EXISTS (SELECT FROM waiting WHERE fits)
      )
      SELECT id, fits FROM waiting
      """
  }

  /// The event of the row of `changed`, if there is one.
  ///
  /// - Parameter fields: What was changed, as requests name it.
  private static func told(of fields: [String]) -> SQL {
    """
    , told AS (
      INSERT INTO events (job_id, seq, at, type, changed)
      SELECT id, last_seq, now(), \(EventType.changed.rawValue), \(fields.joined(separator: " "))
      FROM changed
    )
    """
  }
}
