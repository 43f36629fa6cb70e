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

  /// The most live jobs of sessions that one look of a walk over them takes in.
  public static let batch: Int64 = 1024

  /// Takes jobs that are over out of their sessions. Who else does so at the same moment is waited
  /// for, and each job counts for the one who has removed its row.
  /// Answers nothing, as ``promote(after:)`` answers tickets.
  public static func leave(_ jobs: [JobID]) -> SQL {
    """
    WITH leaving AS MATERIALIZED (
      SELECT job_id, user_id, session FROM session_jobs WHERE job_id = ANY(\(jobs.map(\.uuid)))
    ), locked AS MATERIALIZED (
      SELECT sessions.user_id, sessions.name FROM sessions
      JOIN (SELECT DISTINCT user_id, session FROM leaving) AS touched
        ON touched.user_id = sessions.user_id AND touched.session = sessions.name
      ORDER BY sessions.user_id, sessions.name FOR UPDATE OF sessions
    ), behind AS MATERIALIZED (
      SELECT leaving.job_id FROM locked JOIN leaving
        ON leaving.user_id = locked.user_id AND leaving.session = locked.name
    ), removed AS (
      DELETE FROM session_jobs USING behind WHERE session_jobs.job_id = behind.job_id
      RETURNING session_jobs.user_id, session_jobs.session
    ), gone AS MATERIALIZED (
      SELECT user_id, session, count(*)::int AS count FROM removed GROUP BY user_id, session
    ), counted AS (
      UPDATE sessions SET live = greatest(sessions.live - gone.count, 0), seen_at = now()
      FROM gone WHERE sessions.user_id = gone.user_id AND sessions.name = gone.session
      RETURNING 1
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

  /// Locks the sessions of some jobs, and those that new ones are to join, in the order in which all
  /// lock them: for a transaction that adds to some and takes out of others.
  public static func lock(of jobs: [JobID], joinedBy new: [NewJob]) -> SQL {
    let new = new.filter { $0.options.session != nil }
    return """
      SELECT FROM sessions WHERE (user_id, name) IN (
        SELECT user_id, session FROM jobs
        WHERE id = ANY(\(jobs.map(\.uuid))) AND session IS NOT NULL
        UNION
        SELECT * FROM unnest(\(new.map(\.user.uuid)), \(new.map { $0.options.session?.description })))
      ORDER BY user_id, name FOR UPDATE
      """
  }

  /// The next live jobs of sessions that a walk over them takes in. Columns of `walked`: those of
  /// `session_jobs`.
  private static func walked(after place: JobID) -> SQL {
    """
    WITH walked AS MATERIALIZED (
      SELECT * FROM session_jobs WHERE job_id > \(place.uuid) ORDER BY job_id LIMIT \(batch)
    )
    """
  }

  /// Makes steps ready that are held although no job that is not over is before theirs, which a lost
  /// race may leave behind: among the next ``batch`` jobs of sessions.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func promoteStranded(after place: JobID) -> SQL {
    """
    \(walked(after: place)), first AS MATERIALIZED (
      SELECT live.job_id FROM walked AS live WHERE NOT EXISTS (
        SELECT FROM session_jobs AS before JOIN jobs ON jobs.id = before.job_id
        WHERE before.user_id = live.user_id AND before.session = live.session
          AND before.position < live.position AND jobs.state < 4)
    ), stranded AS MATERIALIZED (
      -- A session holds a new job's first step, and those from which a redriven job goes on; jobs
      -- whose steps it holds have not started. (The sum keeps the planner from the index of all held
      -- steps.)
      SELECT steps.id FROM first
      JOIN jobs ON jobs.id = first.job_id AND jobs.started_at IS NULL
      JOIN steps ON steps.job_id = first.job_id
      WHERE steps.state + 0 = 2 AND steps.held_by = 'session'
      FOR UPDATE OF steps SKIP LOCKED
    )\(Promotion.rest(of: "stranded"))
    """
  }

  /// Walks on over the live jobs of sessions. Columns: `walked, last, found`: how many there were,
  /// ``batch`` at most, and the last of them (`NULL` for none); which are over and were not taken out.
  public static func walk(after place: JobID) -> SQL {
    """
    \(walked(after: place))
    SELECT (SELECT count(*) FROM walked) AS walked,
      (SELECT job_id FROM walked ORDER BY job_id DESC LIMIT 1) AS last,
      (SELECT coalesce(array_agg(jobs.id ORDER BY jobs.id), '{}')
        FROM walked JOIN jobs ON jobs.id = walked.job_id WHERE jobs.state >= 4) AS found
    """
  }

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
