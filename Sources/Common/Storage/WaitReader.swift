public import FoundationEssentials
public import Jobs
public import Postgres

/// What is known of a step that is not over.
public struct WaitingStep: Sendable {
  /// The step.
  public let id: StepID
  /// What it runs.
  public let target: Target
  /// Where it waits, or would.
  public let lane: Lane
  /// Not final.
  public let state: StepState
  /// Why it is held, if it is.
  public let heldBy: HoldReason?
  /// How often it was tried.
  public let attempt: Int
  /// When it is due, if it is pending.
  public let readyAt: Date?
  /// When its latest attempt began.
  public let startedAt: Date?
  /// The error of its last attempt, sealed for ``SealedContent/Column/stepError``.
  public let error: [UInt8]?
  /// Whether its job shall stop.
  public let isStopping: Bool
  /// Steps of its lane that start before it, or steps that its limit holds before it; up to 10,001.
  public let ahead: Int
  /// Live workers that serve its pool.
  public let workers: Int
  /// What its worker calls itself: its host and process.
  public let worker: String?
  /// The pause that it waits for, if one does.
  public let pause: PauseRecord?
  /// How many steps its limit allows.
  public let limit: Int?
  /// When it gives up waiting for a signal.
  public let signalUntil: Date?
  /// The job that it waits for: of its session the one that runs, or the one that it delegated.
  public let other: JobID?
}

/// Looks up what keeps the steps of a job.
public struct WaitReader: Sendable {
  private let pool: PostgresPool

  /// Each call is one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// The most steps that ``waiting(of:user:)`` reads.
  public static let limit = 50

  /// The first steps of a user's job that are not over, in their order; one more than ``limit`` when
  /// there are more.
  public func waiting(of job: JobID, user: UserID) async throws -> [WaitingStep] {
    try await pool.query(
      """
      SELECT step.id, step.target, step.pool, step.priority, step.state, step.held_by,
        step.attempt, step.ready_at, step.started_at, step.error,
        job.cancel_at IS NOT NULL AS is_stopping,
        CASE WHEN step.state = 1 THEN (SELECT count(*) FROM (SELECT 1 FROM steps AS before
            WHERE before.pool = step.pool AND before.priority = step.priority AND before.state = 1
              AND (before.rank, before.id) < (step.rank, step.id) LIMIT 10001) AS counted)
          WHEN step.held_by LIKE 'limit:%' THEN (SELECT count(*) FROM (SELECT 1 FROM steps AS before
            WHERE before.state = 2 AND before.held_by = step.held_by
              AND (before.priority, before.rank, before.id) < (step.priority, step.rank, step.id)
            LIMIT 10001) AS counted)
          ELSE 0 END AS ahead,
        (SELECT count(*) FROM workers WHERE step.pool = ANY(workers.pools) AND NOT is_draining
          AND drain_at IS NULL AND seen_at > now() - interval '15 s') AS workers,
        (SELECT host || ' ' || pid FROM workers WHERE workers.id = step.worker_id) AS worker,
        (SELECT maximum FROM limits WHERE step.held_by = 'limit:' || key
          OR key = 'user:*' AND step.held_by LIKE 'limit:user:%'
          ORDER BY key = 'user:*' LIMIT 1) AS maximum,
        pause.key AS pause_key, pause.reason AS pause_reason, pause.owner AS pause_owner,
        pause.paused_at, pause.expires_at,
        (SELECT expires_at FROM signal_waits WHERE step_id = step.id) AS signal_until,
        CASE step.held_by
          WHEN 'session' THEN (SELECT live.job_id FROM session_jobs AS live
            WHERE live.user_id = job.user_id AND live.session = job.session
            ORDER BY live.position LIMIT 1)
          WHEN 'child' THEN (SELECT job_id FROM children WHERE children.step_id = step.id)
          END AS other_id
      FROM jobs AS job JOIN steps AS step ON step.job_id = job.id
      LEFT JOIN LATERAL (
        SELECT * FROM pauses WHERE (expires_at IS NULL OR expires_at > now()) AND (
          step.held_by = 'pause:' || key
          OR step.state = 1 AND key = ANY(ARRAY['pool:' || step.pool,
            'priority:' || (ARRAY['urgent', 'high', 'normal', 'low'])[step.priority + 1],
            'lane:' || step.pool || '.'
              || (ARRAY['urgent', 'high', 'normal', 'low'])[step.priority + 1]]))
        ORDER BY key LIMIT 1) AS pause ON true
      WHERE job.id = \(job.uuid) AND job.user_id = \(user.uuid) AND step.state < 4
      ORDER BY step.index LIMIT \(Int64(Self.limit + 1))
      """
    ).map(step)
  }

  private func step(_ row: Row) throws -> WaitingStep {
    WaitingStep(
      id: StepID(try row.decode("id", as: UUID.self)), target: try row.target("target"),
      lane: try row.lane(), state: try row.stored("state"),
      heldBy: try row.decode("held_by", as: String?.self).flatMap(HoldReason.init),
      attempt: Int(try row.decode("attempt", as: Int16.self)),
      readyAt: try row.decode("ready_at", as: Date?.self),
      startedAt: try row.decode("started_at", as: Date?.self),
      error: try row.decode("error", as: [UInt8]?.self),
      isStopping: try row.decode("is_stopping", as: Bool.self),
      ahead: Int(try row.decode("ahead", as: Int64.self)),
      workers: Int(try row.decode("workers", as: Int64.self)),
      worker: try row.decode("worker", as: String?.self), pause: try pause(row),
      limit: try row.decode("maximum", as: Int32?.self).map(Int.init),
      signalUntil: try row.decode("signal_until", as: Date?.self),
      other: try row.decode("other_id", as: UUID?.self).map(JobID.init))
  }

  private func pause(_ row: Row) throws -> PauseRecord? {
    guard let key = try row.decode("pause_key", as: String?.self).flatMap(GateKey.init) else {
      return nil
    }
    return PauseRecord(
      key: key, reason: try row.decode("pause_reason", as: String.self),
      owner: try row.decode("pause_owner", as: String.self),
      since: try row.decode("paused_at", as: Date.self),
      until: try row.decode("expires_at", as: Date?.self), held: 0)
  }
}
