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
  /// Steps of its lane that start before it, steps that its limit holds before it, or jobs that come
  /// before its own in its session; up to 10,001.
  public let ahead: Int
  /// Live workers that serve its pool.
  public let workers: Int
  /// What its worker calls itself: its host and process.
  public let worker: String?
  /// The pause that it waits for, if one does.
  public let pause: PauseRecord?
  /// How many steps its limit allows.
  public let limit: Int?
  /// What runs in slots of its limit now, if that holds it.
  public let holders: Holders
  /// When it gives up waiting for a signal.
  public let signalUntil: Date?
  /// The job that it waits for: of its session the one that runs, or the one that it delegated.
  public let other: OtherJob?
  /// When this was read, by the database's clock.
  public let readAt: Date

  /// Steps in slots of a limit.
  public struct Holders: Sendable {
    /// How many there are; of more than 1,000, only so many are looked at.
    public let running: Int
    /// How long they have run so far on average; `nil` when none runs.
    public let meanAge: Duration?

    /// Takes one reading.
    public init(running: Int, meanAge: Duration?) {
      self.running = running
      self.meanAge = meanAge
    }
  }

  /// A job that a step waits for, and what earlier ones like it tell.
  public struct OtherJob: Sendable {
    /// The job.
    public let id: JobID
    /// Its target.
    public let target: Target
    /// Whether a step of it runs.
    public let isRunning: Bool
    /// When its first step began; `nil` before.
    public let startedAt: Date?
    /// How many jobs with its target have ended among the user's last ``WaitReader/past`` jobs
    /// before it.
    public let pastCount: Int
    /// How long these took on average from their start; `nil` without any.
    public let pastMean: Duration?

    /// Takes one reading.
    public init(
      id: JobID, target: Target, isRunning: Bool, startedAt: Date?, pastCount: Int,
      pastMean: Duration?
    ) {
      self.id = id
      self.target = target
      self.isRunning = isRunning
      self.startedAt = startedAt
      self.pastCount = pastCount
      self.pastMean = pastMean
    }
  }
}

/// Looks up what keeps the steps of a job.
public struct WaitReader: Sendable {
  private let pool: PostgresPool

  /// Each call is one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// How many jobs before one are looked at for how long its kind takes.
  public static let past = 100

  /// The most steps that ``waiting(of:user:)`` is asked for.
  public static let limit = 50

  /// The first steps of a user's job that are not over, in their order; one more than ``limit`` when
  /// there are more.
  ///
  /// For each of them: 10,001 entries of an index at most, to tell its place; of a limit 1,000 slots
  /// at most; of a job that it waits for ``past`` earlier jobs at most. However much waits, it costs
  /// no more.
  public func waiting(of job: JobID, user: UserID) async throws -> [WaitingStep] {
    let selection: SQL = """
      WHERE job.id = \(job.uuid) AND job.user_id = \(user.uuid) AND step.state < 4
      ORDER BY step.index LIMIT \(Int64(Self.limit + 1))
      """
    return try await pool.query(Self.columns + Self.sources + selection).map(step)
  }

  private static let columns: SQL = """
    SELECT step.id, step.target, step.pool, step.priority, step.state, step.held_by,
      step.attempt, step.ready_at, step.started_at, step.error,
      job.cancel_at IS NOT NULL AS is_stopping, clock_timestamp() AS read_at,
      CASE WHEN step.state = 1 THEN (SELECT count(*) FROM (SELECT 1 FROM steps AS before
          WHERE before.pool = step.pool AND before.priority = step.priority AND before.state = 1
            AND (before.rank, before.id) < (step.rank, step.id) LIMIT 10001) AS counted)
        WHEN step.held_by LIKE 'limit:%' THEN (SELECT count(*) FROM (SELECT 1 FROM steps AS before
          WHERE before.state = 2 AND before.held_by = step.held_by
            AND (before.priority, before.rank, before.id) < (step.priority, step.rank, step.id)
          LIMIT 10001) AS counted)
        WHEN step.held_by = 'session' THEN (SELECT count(*) FROM (
          SELECT 1 FROM session_jobs AS own JOIN session_jobs AS before
            ON before.user_id = own.user_id AND before.session = own.session
              AND before.position < own.position
          WHERE own.job_id = job.id LIMIT 10001) AS counted)
        ELSE 0 END AS ahead,
      (SELECT count(*) FROM workers WHERE step.pool = ANY(workers.pools) AND NOT is_draining
        AND drain_at IS NULL AND seen_at > now() - interval '15 s') AS workers,
      (SELECT host || ' ' || pid FROM workers WHERE workers.id = step.worker_id) AS worker,
      (SELECT maximum FROM limits WHERE step.held_by = 'limit:' || key
        OR right(key, 2) = ':*' AND starts_with(step.held_by, 'limit:' || rtrim(key, '*'))
        ORDER BY right(key, 2) = ':*' LIMIT 1) AS maximum,
      holders.running AS holders, holders.mean_us AS holders_us,
      pause.key AS pause_key, pause.reason AS pause_reason, pause.owner AS pause_owner,
      pause.paused_at, pause.expires_at,
      (SELECT expires_at FROM signal_waits WHERE step_id = step.id) AS signal_until,
      other.id AS other_id, other.target AS other_target,
      EXISTS (SELECT FROM steps WHERE steps.job_id = other.id AND steps.state = 3) AS other_runs,
      coalesce(other.started_at, (SELECT min(steps.started_at) FROM steps
        WHERE steps.job_id = other.id)) AS other_started_at,
      past.count AS past_count, past.mean_us AS past_us
    """ + " "

  private static let sources: SQL = """
    FROM jobs AS job JOIN steps AS step ON step.job_id = job.id
    LEFT JOIN LATERAL (
      SELECT * FROM pauses WHERE (expires_at IS NULL OR expires_at > now()) AND (
        step.held_by = 'pause:' || key
        OR step.state = 1 AND key = ANY(ARRAY['pool:' || step.pool,
          'priority:' || (ARRAY['urgent', 'high', 'normal', 'low'])[step.priority + 1],
          'lane:' || step.pool || '.'
            || (ARRAY['urgent', 'high', 'normal', 'low'])[step.priority + 1]]))
      ORDER BY coalesce(expires_at, 'infinity') DESC, key LIMIT 1) AS pause ON true
    LEFT JOIN LATERAL (
      SELECT count(*) AS running,
        (avg(extract(epoch FROM clock_timestamp() - holder.started_at)) * 1e6)::bigint AS mean_us
      FROM (SELECT step_id, claim_id FROM limit_slots AS slot
        WHERE step.held_by LIKE 'limit:%' AND slot.key = substr(step.held_by, 7) LIMIT 1000) AS slot
      CROSS JOIN LATERAL (SELECT started_at FROM steps WHERE steps.id = slot.step_id
        AND steps.state = 3 AND steps.claim_id = slot.claim_id OFFSET 0) AS holder
      ) AS holders ON true
    LEFT JOIN LATERAL (SELECT CASE step.held_by
      WHEN 'session' THEN (SELECT live.job_id FROM session_jobs AS live
        WHERE live.user_id = job.user_id AND live.session = job.session
        ORDER BY live.position LIMIT 1)
      WHEN 'child' THEN (SELECT job_id FROM children WHERE children.step_id = step.id)
      END AS id) AS link ON true
    LEFT JOIN jobs AS other ON other.id = link.id
    LEFT JOIN LATERAL (
      SELECT count(*) AS count, (avg(extract(epoch FROM before.finished_at - before.started_at))
        * 1e6)::bigint AS mean_us
      FROM (SELECT jobs.target, jobs.started_at, jobs.finished_at FROM jobs
        WHERE jobs.user_id = other.user_id AND jobs.id < other.id
        ORDER BY jobs.id DESC LIMIT \(unsafeRaw: String(past))) AS before
      WHERE before.target = other.target AND before.started_at IS NOT NULL
        AND before.finished_at IS NOT NULL) AS past ON true
    """ + " "

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
      holders: WaitingStep.Holders(
        running: Int(try row.decode("holders", as: Int64.self)),
        meanAge: try row.decode("holders_us", as: Int64?.self).map { .microseconds($0) }),
      signalUntil: try row.decode("signal_until", as: Date?.self), other: try other(row),
      readAt: try row.decode("read_at", as: Date.self))
  }

  private func other(_ row: Row) throws -> WaitingStep.OtherJob? {
    guard let id = try row.decode("other_id", as: UUID?.self) else { return nil }
    return WaitingStep.OtherJob(
      id: JobID(id), target: try row.target("other_target"),
      isRunning: try row.decode("other_runs", as: Bool.self),
      startedAt: try row.decode("other_started_at", as: Date?.self),
      pastCount: Int(try row.decode("past_count", as: Int64.self)),
      pastMean: try row.decode("past_us", as: Int64?.self).map { .microseconds($0) })
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
