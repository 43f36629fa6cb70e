public import Jobs
public import Postgres

/// Sessions: conversations whose jobs run one after the other.
///
/// The row of a session counts its live jobs, and is locked by whoever adds or takes one, so that
/// the order of their positions is the order of commits, and exactly one of them is not held.
public enum SessionStatements {
  /// CTEs after one named `stored`, with the columns `id, user_id, session` (`NULL` outside of
  /// sessions) and `place`, its order: lets new jobs join their sessions at the end. They add `placed`:
  /// the rows of `stored` with `is_held` and `session_position`.
  ///
  /// The first job of a session that has no live one may start; the others are held. The row's
  /// lock makes this the order of commits.
  static let join: SQL = """
    , session_row AS (
      INSERT INTO sessions (user_id, name, last_position, live)
      SELECT user_id, session, count(*), count(*) FROM stored WHERE session IS NOT NULL
      GROUP BY user_id, session ORDER BY user_id, session COLLATE "C"
      ON CONFLICT (user_id, name) DO UPDATE SET live = sessions.live + EXCLUDED.live,
        last_position = sessions.last_position + EXCLUDED.last_position, seen_at = now()
      RETURNING user_id, name, live, last_position
    ), placed AS (
      SELECT stored.*, session_row.name IS NOT NULL
        AND session_row.live - count(*) OVER session_jobs + row_number() OVER session_order > 1
        AS is_held,
        session_row.last_position - count(*) OVER session_jobs + row_number() OVER session_order
        AS session_position
      FROM stored LEFT JOIN session_row
        ON session_row.user_id = stored.user_id AND session_row.name = stored.session
      WINDOW session_jobs AS (PARTITION BY stored.user_id, stored.session),
        session_order AS (PARTITION BY stored.user_id, stored.session ORDER BY stored.place)
    ), positions AS (
      INSERT INTO session_jobs (job_id, user_id, session, position)
      SELECT id, user_id, session, session_position FROM placed WHERE session IS NOT NULL
    )
    """

  /// Takes jobs that are over out of their sessions. The rows of the jobs are locked.
  /// Answers nothing, as ``promote(after:)`` answers tickets.
  public static func leave(_ jobs: [JobID]) -> SQL {
    """
    WITH gone AS (
      SELECT user_id, session, count(*)::int AS count FROM session_jobs
      WHERE job_id = ANY(\(jobs.map(\.uuid))) GROUP BY user_id, session ORDER BY user_id, session
    ), locked AS MATERIALIZED (
      SELECT sessions.user_id, sessions.name, gone.count FROM sessions
      JOIN gone ON gone.user_id = sessions.user_id AND gone.session = sessions.name
      ORDER BY sessions.user_id, sessions.name FOR UPDATE OF sessions
    ), counted AS (
      UPDATE sessions SET live = greatest(sessions.live - locked.count, 0), seen_at = now()
      FROM locked WHERE sessions.user_id = locked.user_id AND sessions.name = locked.name
      RETURNING 1
    ), removed AS (
      DELETE FROM session_jobs WHERE job_id = ANY(\(jobs.map(\.uuid))) RETURNING 1
    )
    SELECT FROM counted WHERE false
    """
  }

  /// Makes the first live job of each session that the jobs were part of ready, if it is held.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func promote(after jobs: [JobID]) -> SQL {
    let sessions: SQL = """
      SELECT DISTINCT user_id, session FROM jobs WHERE id = ANY(\(jobs.map(\.uuid)))
      """
    return promote(in: sessions)
  }

  /// Makes some steps ready that are held although no job that is not over is before theirs, which
  /// a lost race may leave behind. Columns: `step_id, job_id, pool, priority`.
  public static let promoteStranded: SQL = """
    WITH stranded AS MATERIALIZED (
      SELECT steps.id FROM steps JOIN session_jobs AS live ON live.job_id = steps.job_id
      WHERE steps.state = 2 AND steps.held_by = 'session' AND NOT EXISTS (
        SELECT FROM session_jobs AS before JOIN jobs ON jobs.id = before.job_id
        WHERE before.user_id = live.user_id AND before.session = live.session
          AND before.position < live.position AND jobs.state < 4)
      LIMIT 256 FOR UPDATE OF steps SKIP LOCKED
    )\(Promotion.rest(of: "stranded"))
    """

  /// Some jobs that are over and were not taken out of their sessions. Column: `job_id`.
  public static let left: SQL = """
    SELECT session_jobs.job_id FROM session_jobs JOIN jobs ON jobs.id = session_jobs.job_id
    WHERE jobs.state >= 4 LIMIT 256
    """

  private static func promote(in sessions: SQL) -> SQL {
    """
    WITH touched AS MATERIALIZED (
      \(sessions)
    ), first AS MATERIALIZED (
      SELECT steps.id FROM touched CROSS JOIN LATERAL (
        SELECT live.job_id FROM session_jobs AS live
        WHERE live.user_id = touched.user_id AND live.session = touched.session
        ORDER BY live.position LIMIT 1) AS live
      JOIN steps ON steps.job_id = live.job_id AND steps.state = 2 AND steps.held_by = 'session'
      -- Whoever has it locked takes it out of the session and promotes the next one itself.
      FOR UPDATE OF steps SKIP LOCKED
    )\(Promotion.rest(of: "first"))
    """
  }
}
