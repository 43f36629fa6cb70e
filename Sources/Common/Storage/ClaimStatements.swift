import FoundationEssentials
public import Jobs
public import Postgres

/// Claiming ready steps, keeping their leases, and what a claimed step works on.
public enum ClaimStatements {
  /// How long a claim holds unless it is renewed.
  public static let lease: Duration = .seconds(15)

  /// Claims the best ready steps of a lane that are no crash suspects.
  ///
  /// - Parameters:
  ///   - watermark: Ranks below it and below the lane's floor, from which those of newcomers
  ///     follow, are not looked at; `Int64.min` looks at all. It spares the index walk over entries
  ///     that earlier claims left dead.
  ///   - limit: At least 1.
  public static func claim(
    _ lane: Lane, claim: ClaimID, worker: WorkerID, watermark: Int64, limit: Int
  ) -> SQL {
    let chosen: SQL = """
      SELECT id FROM steps
      WHERE pool = \(lane.pool.name) AND priority = \(lane.priority.rawValue) AND state = 1
        AND NOT is_suspect AND rank >= least(\(watermark), (
          SELECT floor.rank FROM lane_floors AS floor
          WHERE floor.pool = \(lane.pool.name) AND floor.priority = \(lane.priority.rawValue)))
      ORDER BY rank, id LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED
      """
    return take(chosen, claim: claim, worker: worker)
  }

  /// Claims one step that was aboard when a process died; a worker runs one of these at a time.
  public static func claimSuspect(in lanes: [Lane], claim: ClaimID, worker: WorkerID) -> SQL {
    let chosen: SQL = """
      SELECT id FROM steps
      WHERE pool = ANY(\(Set(lanes.map(\.pool)).map(\.name).sorted())) AND state = 1 AND is_suspect
        -- No join: only so the few suspects are found by their own index.
        AND pool || ' ' || priority = ANY(\(lanes.map { "\($0.pool.name) \($0.priority.rawValue)" }))
      ORDER BY priority, rank LIMIT 1 FOR UPDATE SKIP LOCKED
      """
    return take(chosen, claim: claim, worker: worker)
  }

  /// Lets a claim's COMMIT return before it is on disk, in the transaction of the claim.
  ///
  /// If the database dies within the next moment, the step is ready again: as if the worker had
  /// died. What the claim's holder writes later is flushed after it, so nothing that counts can
  /// outlive it.
  public static let relaxed: SQL = "SELECT set_config('synchronous_commit', 'off', true)"

  private static func take(_ chosen: SQL, claim: ClaimID, worker: WorkerID) -> SQL {
    let start: SQL = "WITH chosen AS MATERIALIZED ("
    let update: SQL = """
      ), claimed AS (
        UPDATE steps SET state = 3, claim_id = \(claim.uuid), worker_id = \(worker.uuid),
          attempt = attempt + 1, runs = runs + 1, lease_until = now() + interval '15 s', started_at = now()
        FROM chosen WHERE steps.id = chosen.id
        RETURNING steps.*
      )
      """
    return start + chosen + update + claimedColumns + " FROM claimed AS step " + joins
  }

  /// What an earlier claim got whose COMMIT answer was lost, its leases renewed.
  public static func claimed(by claim: ClaimID) -> SQL {
    let update: SQL = """
      WITH claimed AS (
        UPDATE steps SET lease_until = now() + interval '15 s'
        WHERE state = 3 AND claim_id = \(claim.uuid)
        RETURNING steps.*
      )
      """
    return update + claimedColumns + " FROM claimed AS step " + joins
  }

  /// Puts claimed steps that have not begun off for 30 s, as if they had not been claimed; those of
  /// jobs that are over or shall be are left to the reaper. The rows of their jobs are locked, and
  /// their priority counts from here on.
  public static func putOff(_ steps: [StepID], of claim: ClaimID) -> SQL {
    """
    UPDATE steps SET state = 0, ready_at = now() + interval '30 s', claim_id = NULL,
      worker_id = NULL, lease_until = NULL, attempt = steps.attempt - 1, runs = steps.runs - 1,
      started_at = CASE WHEN steps.runs > 1 THEN steps.started_at END, priority = jobs.priority
    FROM jobs
    WHERE steps.id = ANY(\(steps.map(\.uuid))) AND steps.state = 3
      AND steps.claim_id = \(claim.uuid) AND jobs.id = steps.job_id AND jobs.state < 4
      AND jobs.cancel_at IS NULL
    """
  }

  private static let claimedColumns: SQL = """
     SELECT step.id, step.job_id, step.user_id, step.index, step.turn, step.kind, step.target,
      step.priority, step.rank, step.attempt, step.runs, step.crashes, step.is_suspect, step.input,
      (extract(epoch FROM step.started_at - step.ready_at) * 1e6)::bigint AS waited_us,
      job.input AS job_input, job.grants, job.reply_key,
      job.cancel_at IS NOT NULL OR job.state >= 4 AS is_cancelled,
      users.disabled_at IS NOT NULL OR tokens.revoked_at IS NOT NULL AS is_revoked,
      users.name AS user_name, roles.name AS role, roles.targets, roles.maximum_priority,
      roles.may_operate, roles.weight, job.token_id, job.step_timeout_ms, job.idle_timeout_ms,
      job.max_attempts, job.depth, job.webhook_id
    """

  private static let joins: SQL = """
    JOIN jobs AS job ON job.id = step.job_id
    JOIN users ON users.id = job.user_id
    JOIN roles ON roles.name = users.role
    JOIN tokens ON tokens.id = job.token_id
    ORDER BY step.rank, step.id
    """

  /// Prolongs leases; answers `id, claim_id` and `is_cancelled` of those that still are the
  /// claims'. Rows are locked in the order of their ids, as closing them does.
  public static func renew(_ steps: [(step: StepID, claim: ClaimID)]) -> SQL {
    """
    WITH mine AS MATERIALIZED (
      SELECT steps.id FROM steps
      JOIN unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid))) AS held(id, claim_id)
        ON steps.id = held.id AND steps.claim_id = held.claim_id
      WHERE steps.state = 3 ORDER BY steps.id FOR UPDATE OF steps
    )
    UPDATE steps SET lease_until = now() + interval '15 s'
    FROM mine WHERE steps.id = mine.id
    RETURNING steps.id, steps.claim_id,
      (SELECT cancel_at IS NOT NULL OR state >= 4 FROM jobs WHERE jobs.id = steps.job_id) AS is_cancelled
    """
  }

  /// Which of the jobs shall be cancelled, or are over: what still runs of them has to stop.
  /// Column: `id`.
  public static func cancelled(among jobs: [JobID]) -> SQL {
    """
    SELECT id FROM jobs
    WHERE id = ANY(\(jobs.map(\.uuid))) AND (cancel_at IS NOT NULL OR state >= 4)
    """
  }

  /// The finished steps of a job in their order, for the conversation of an agent's next turn.
  public static func history(of job: JobID) -> SQL {
    """
    SELECT id, index, turn, call_id, kind, output, error FROM steps
    WHERE job_id = \(job.uuid) AND state IN (4, 5) ORDER BY index
    """
  }
}

/// A claimed step as the database gave it; sealed columns still closed.
public struct ClaimedRow: Sendable {
  /// The same over all attempts.
  public let id: StepID
  /// The job that it belongs to.
  public let job: JobID
  /// The job's owner.
  public let user: UserID
  /// The token that the job was enqueued with.
  public let token: TokenID
  /// Its place in the job, from 0, in the order of creation.
  public let index: Int
  /// A model turn or a skill call.
  public let kind: StepKind
  /// The agent whose turn it is, or the skill that is called.
  public let target: Target
  /// The job's; with the target's pool it is the lane.
  public let priority: Priority
  /// Smaller runs first: microseconds since 1970 when it was made ready, kept when it is given
  /// back.
  public let rank: Int64
  /// From 1, with this claim counted; crashes do not count.
  public let attempt: Int
  /// How often it was claimed in all, this claim counted: marks the text that it writes.
  public let run: Int
  /// How long it was ready before it was claimed.
  public let waited: Duration
  /// How many deaths of a process were charged to it.
  public let crashes: Int
  /// Whether it was aboard when a process died.
  public let isSuspect: Bool
  /// Sealed for ``SealedContent/Column/stepInput``; `nil` means that the job's input serves.
  public let input: [UInt8]?
  /// Sealed for ``SealedContent/Column/jobInput`` and the row `job`.
  public let jobInput: [UInt8]
  /// What the role allowed at enqueue.
  public let grants: [TargetPattern]
  /// The job's 16 random bytes, which true replies carry.
  public let replyKey: [UInt8]
  /// Whether the job's cancellation has been asked for, or it is over: the step is not to run.
  public let isCancelled: Bool
  /// Whether the user is disabled or the token revoked by now.
  public let isRevoked: Bool
  /// The user's role as it is now.
  public let role: Role
  /// How long the attempt may run, if the job says so.
  public let timeout: Duration?
  /// How long it may go on without a sign of progress, if the job says so.
  public let idleTimeout: Duration?
  /// How often it may be tried, if the job says so.
  public let maximumAttempts: Int?
  /// How many jobs are above its job.
  public let depth: Int
  /// The webhook that its job names, or delivers to.
  public let webhook: WebhookID?

  /// Reads one row of ``ClaimStatements``.
  public init(_ row: Row) throws(PostgresError) {
    id = StepID(try row.decode("id", as: UUID.self))
    job = JobID(try row.decode("job_id", as: UUID.self))
    user = UserID(try row.decode("user_id", as: UUID.self))
    token = TokenID(try row.decode("token_id", as: UUID.self))
    index = Int(try row.decode("index", as: Int32.self))
    kind = try row.stored("kind")
    target = try row.target("target")
    priority = try row.stored("priority")
    rank = try row.decode("rank", as: Int64.self)
    attempt = Int(try row.decode("attempt", as: Int16.self))
    run = Int(try row.decode("runs", as: Int32.self))
    waited = .microseconds(max(0, try row.decode("waited_us", as: Int64?.self) ?? 0))
    crashes = Int(try row.decode("crashes", as: Int16.self))
    isSuspect = try row.decode("is_suspect", as: Bool.self)
    input = try row.decode("input", as: [UInt8]?.self)
    jobInput = try row.decode("job_input", as: [UInt8].self)
    grants = try row.decode("grants", as: String.self).split(separator: " ")
      .map { TargetPattern(String($0)) }
    replyKey = try row.decode("reply_key", as: [UInt8].self)
    isCancelled = try row.decode("is_cancelled", as: Bool.self)
    isRevoked = try row.decode("is_revoked", as: Bool.self)
    role = try row.role(name: "role")
    timeout = try row.decode("step_timeout_ms", as: Int32?.self).map { .milliseconds($0) }
    idleTimeout = try row.decode("idle_timeout_ms", as: Int32?.self).map { .milliseconds($0) }
    maximumAttempts = try row.decode("max_attempts", as: Int16?.self).map(Int.init)
    depth = Int(try row.decode("depth", as: Int16.self))
    webhook = try row.decode("webhook_id", as: UUID?.self).map(WebhookID.init)
  }
}
