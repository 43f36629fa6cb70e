import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A step that is inserted as held for a signal.
public struct NewSignalWait: Sendable, Hashable {
  /// The step.
  public let step: StepID
  /// Its job.
  public let job: JobID
  /// What it waits for, and how long from the insert on.
  public let wait: SignalWait

  /// For a call of a turn.
  public init(step: StepID, job: JobID, wait: SignalWait) {
    self.step = step
    self.job = job
    self.wait = wait
  }
}

/// Signals that were sent to jobs, and the steps that wait for them.
///
/// Sending and waiting both happen under the job's row lock, except that a job's first wait is
/// stored with the job. What they have left undone is found by ``due``.
public enum SignalStatements {
  /// The most signals of a job that nothing has taken yet.
  public static let maximumKept = 100

  /// Notes that held steps wait.
  public static func insert(_ waits: [NewSignalWait]) -> SQL {
    """
    INSERT INTO signal_waits (step_id, job_id, name, starts_job, expires_at)
    SELECT step_id, job_id, name, false, now() + timeout_ms * interval '1 ms'
    FROM unnest(\(waits.map(\.step.uuid)), \(waits.map(\.job.uuid)),
      \(waits.map(\.wait.signal.description)), \(waits.map { $0.wait.timeout.milliseconds }))
      AS t(step_id, job_id, name, timeout_ms)
    """
  }

  /// Keeps a signal to a locked job, audited.
  ///
  /// - Parameter content: Sealed for ``SealedContent/Column/signal`` and the row `id`.
  public static func keep(
    _ id: SignalID, _ name: SignalName, of job: JobID, content: Sealed, by principal: Principal
  ) -> SQL {
    """
    WITH kept AS (
      INSERT INTO signals (id, job_id, name, content)
      VALUES (\(id.uuid), \(job.uuid), \(name.description), \(content.bytes)) RETURNING job_id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.signal', job_id::text, 'done'
    FROM kept
    """
  }

  /// Whether a locked job takes one more signal: as few are kept as may be, or a step waits for
  /// the name that no kept one serves. Column: `has_room`.
  public static func room(for name: SignalName, in job: JobID) -> SQL {
    """
    SELECT count(*) < \(Int64(maximumKept)) OR (
      SELECT count(*) FROM signal_waits AS wait
      WHERE wait.job_id = \(job.uuid) AND wait.name = \(name.description) AND \(isHeld)
    ) > count(*) FILTER (WHERE signals.name = \(name.description)) AS has_room
    FROM signals WHERE job_id = \(job.uuid)
    """
  }

  /// Which signal of a locked job goes to which step: the first to the first of the same name.
  /// Columns: `step_id, signal_id, starts_job, content`.
  public static func matches(of job: JobID) -> SQL {
    """
    SELECT wait.step_id, signal.id AS signal_id, wait.starts_job, signal.content FROM (
      SELECT step_id, name, starts_job, row_number() OVER (PARTITION BY name ORDER BY step.index) AS n
      FROM signal_waits JOIN steps AS step ON step.id = signal_waits.step_id AND step.state = 2
      WHERE signal_waits.job_id = \(job.uuid)
    ) AS wait JOIN (
      SELECT id, name, content, row_number() OVER (PARTITION BY name ORDER BY sent_at, id) AS n
      FROM signals WHERE job_id = \(job.uuid)
    ) AS signal ON signal.name = wait.name AND signal.n = wait.n
    ORDER BY wait.step_id
    """
  }

  /// The steps of a locked job that have waited for long enough.
  /// Columns: `step_id, name, starts_job`.
  public static func expired(of job: JobID) -> SQL {
    """
    SELECT wait.step_id, wait.name, wait.starts_job FROM signal_waits AS wait
    WHERE wait.job_id = \(job.uuid) AND wait.expires_at <= now() AND \(isHeld)
    ORDER BY wait.step_id
    """
  }

  /// Closes calls that wait, if they still do, and forgets that they did. The rows of their jobs
  /// are locked. Columns: as of `FinishStatements.close(_:)`, without `claim_id`.
  public static func close(_ steps: [(step: StepID, output: Sealed?, error: Sealed?)]) -> SQL {
    WaitStatements.close(steps, waitingIn: "signal_waits", heldBy: "LIKE 'signal:%'")
  }

  /// Makes first steps ready whose signal has come, and forgets that they waited.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func start(_ steps: [StepID]) -> SQL {
    """
    WITH signalled AS MATERIALIZED (
      SELECT id FROM steps WHERE id = ANY(\(steps.map(\.uuid))) AND state = 2
        AND held_by LIKE 'signal:%'
    ), forgotten AS (
      DELETE FROM signal_waits WHERE step_id = ANY(\(steps.map(\.uuid)))
    )\(Promotion.rest(of: "signalled"))
    """
  }

  /// Forgets signals that steps have taken.
  public static func forget(_ signals: [SignalID]) -> SQL {
    "DELETE FROM signals WHERE id = ANY(\(signals.map(\.uuid)))"
  }

  /// Some jobs in which a step may take a signal, or has waited for long enough. Column: `job_id`.
  public static let due: SQL = """
    (SELECT wait.job_id FROM signals JOIN signal_waits AS wait
      ON wait.job_id = signals.job_id AND wait.name = signals.name
      WHERE \(isHeld) LIMIT 256)
    UNION (SELECT wait.job_id FROM signal_waits AS wait
      WHERE wait.expires_at <= now() AND \(isHeld) ORDER BY wait.expires_at LIMIT 256)
    """

  /// Whether the step of the row `wait` still waits. Not a join: that may begin with a walk over all
  /// that is held.
  private static let isHeld: SQL = "(SELECT state FROM steps WHERE steps.id = wait.step_id) = 2"

  /// Forgets what jobs that are over have left.
  public static let sweep: [SQL] = [
    """
    DELETE FROM signal_waits WHERE step_id IN (
      SELECT step_id FROM signal_waits JOIN jobs ON jobs.id = signal_waits.job_id
      WHERE jobs.state >= 4 LIMIT \(DutyStatements.batch))
    """,
    """
    DELETE FROM signals WHERE id IN (
      SELECT signals.id FROM signals JOIN jobs ON jobs.id = signals.job_id
      WHERE jobs.state >= 4 LIMIT \(DutyStatements.batch))
    """,
  ]

  /// What a user's job waits for, and what waits for it: a row if the user has the job, then the
  /// waits (`step_id, name, expires_at`), then the signals (`name, sent_at`).
  public static func status(of job: JobID, user: UserID) -> [SQL] {
    [
      "SELECT 1 AS found FROM jobs WHERE id = \(job.uuid) AND user_id = \(user.uuid)",
      """
      SELECT wait.step_id, wait.name, wait.expires_at FROM signal_waits AS wait
      JOIN steps ON steps.id = wait.step_id AND steps.state = 2
      WHERE wait.job_id = \(job.uuid) ORDER BY steps.index
      """,
      "SELECT name, sent_at FROM signals WHERE job_id = \(job.uuid) ORDER BY sent_at, id",
    ]
  }
}
