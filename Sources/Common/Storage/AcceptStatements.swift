import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A job about to be stored, with its first step.
public struct NewJob: Sendable {
  /// Chosen by the gateway, so that a repeated insert is recognised.
  public let id: JobID
  /// The id of step 0, which is ready at once.
  public let step: StepID
  /// The owner.
  public let user: UserID
  /// The token that the request came with; once that is revoked, no step of the job starts.
  public let token: TokenID
  /// What step 0 runs; decides its kind and pool.
  public let target: Target
  /// Kept by all steps of the job.
  public let priority: Priority
  /// What the role allowed at this moment; steps may never do more.
  public let grants: [TargetPattern]
  /// 16 random bytes that let a gateway tell true replies from forged ones.
  public let replyKey: [UInt8]
  /// Taken for this user for 24 h; `nil` takes none.
  public let idempotencyKey: String?
  /// Equal for equal requests; tells a replay from a key used for something else.
  public let requestHash: [UInt8]
  /// Sealed for ``SealedContent/Column/jobInput`` and the row `id`.
  public let input: Sealed
  /// The job that this one does again; `nil` for any other.
  public let retryOf: JobID?
  /// The share of the lane that the user's role gives.
  public let weight: Int
  /// When it may start, and the like.
  public let options: JobOptions

  /// `id` and `step` must be new; grants are what the principal's role allows now.
  public init(
    id: JobID, step: StepID, principal: Principal, request: JobRequest, requestHash: [UInt8],
    replyKey: [UInt8], input: Sealed, retryOf: JobID? = nil
  ) {
    self.id = id
    self.step = step
    user = principal.user
    token = principal.token
    target = request.target
    priority = request.priority
    grants = principal.role.targets
    self.replyKey = replyKey
    idempotencyKey = request.idempotencyKey
    self.requestHash = requestHash
    self.input = input
    self.retryOf = retryOf
    weight = principal.role.weight
    options = request.options
  }

  /// Where its first step waits.
  public var lane: Lane { Lane(pool: target.pool, priority: priority) }

  /// The kind of its first step.
  var kind: StepKind {
    switch target {
    case .agent: .agentTurn
    case .skill: .skillCall
    }
  }
}

/// The one statement that accepts a group of jobs.
public enum AcceptStatements {
  /// Job, step 0, outbox row, event 1 and audit row of each; all of them or, where the job's id,
  /// idempotency key or unique key is taken, none. Answers `id, created_at, state` of those it
  /// stored, the state being that of step 0: only a `ready` one has a ticket.
  ///
  /// Keys are sorted, the unique ones first, so that two groups with the same unique keys, or with
  /// the same idempotency keys alone, cannot deadlock. Of several jobs with one key, the first of
  /// the group is stored.
  public static func accept(_ jobs: [NewJob]) -> SQL {
    let jobs = jobs.enumerated().map { Placed(job: $1, place: $0) }
      .sorted { $0.order < $1.order }
    // Most groups ask for nothing special, and need not carry columns of NULL.
    let hasOptions = jobs.contains { $0.job.options != JobOptions() }
    let hasSessions = jobs.contains { $0.job.options.session != nil }
    let hasBatches = jobs.contains { $0.job.options.batch != nil }
    let hasSignals = jobs.contains { $0.job.options.signal != nil }
    let input: SQL = "WITH input AS MATERIALIZED ("
    return input + (hasOptions ? withOptions(jobs) : withoutOptions(jobs))
      + (hasBatches ? batches(jobs) : "") + job(from: hasBatches ? takingBatches : "input") + stored
      + (hasBatches ? countBatches : "")
      + (hasSessions ? SessionStatements.join : noSessions) + (hasSignals ? signals : "") + rest
  }

  private struct Placed {
    let job: NewJob
    /// Where it stands in the group: the order in which its jobs came.
    let place: Int

    /// By its keys. Repetitions of a request have both in common, so that one of them decides.
    var order: (UserID, String, String, Int) {
      let unique = job.uniqueKey
      return (job.user, unique ?? "", unique == nil ? job.idempotencyKey ?? "" : "", place)
    }
  }

  private static func rows(_ placed: [Placed]) -> SQL {
    let jobs = placed.map(\.job)
    return """
      unnest(\(jobs.map(\.id.uuid)), \(jobs.map(\.step.uuid)),
        \(jobs.map(\.user.uuid)), \(jobs.map(\.token.uuid)),
        \(jobs.map(\.target.description)), \(jobs.map(\.target.pool.name)),
        \(jobs.map(\.kind.rawValue)), \(jobs.map(\.priority.rawValue)),
        \(jobs.map(\.grantsText)), \(jobs.map(\.replyKey)), \(jobs.map(\.idempotencyKey)),
        \(jobs.map(\.requestHash)), \(jobs.map(\.input.bytes)), \(jobs.map { $0.retryOf?.uuid }),
        \(jobs.map { Int16($0.weight) }), \(placed.map { Int32($0.place) }))
        AS t(id, step_id, user_id, token_id, target, pool, kind, priority, grants, reply_key,
          idempotency_key, request_hash, input, retry_of, weight, place)
      """
  }

  private static func withoutOptions(_ jobs: [Placed]) -> SQL {
    """
      SELECT t.*, NULL::timestamptz AS run_at, NULL::timestamptz AS deadline_at,
        NULL::bigint AS deadline_ms, NULL::smallint AS max_attempts,
        NULL::timestamptz AS start_by, NULL::int AS step_timeout_ms, NULL::int AS idle_timeout_ms,
        NULL::text AS session, NULL::text AS unique_key, NULL::timestamptz AS unique_until,
        NULL::text AS signal, NULL::bigint AS signal_ms, NULL::uuid AS batch_id, NULL::uuid AS webhook_id,
        NULL::uuid AS schedule_id
      FROM \(rows(jobs))
    )
    """
  }

  private static func withOptions(_ jobs: [Placed]) -> SQL {
    let asked = jobs.map(\.job.options)
    return """
        SELECT t.*, start.run_at,
          coalesce(o.deadline_at, now() + o.deadline_ms * interval '1 ms') AS deadline_at,
          o.deadline_ms, o.max_attempts,
          greatest(start.run_at, now()) + o.queue_ms * interval '1 ms' AS start_by,
          o.step_timeout_ms, o.idle_timeout_ms, o.session, o.unique_key,
          now() + o.unique_ms * interval '1 ms' AS unique_until, o.signal, o.signal_ms,
          o.batch_id, o.webhook_id, o.schedule_id
        FROM \(rows(jobs))
        JOIN unnest(\(jobs.map { Int32($0.place) }), \(asked.map(\.start?.date)),
          \(asked.map(\.start?.milliseconds)), \(asked.map(\.deadline?.date)),
          \(asked.map(\.deadline?.milliseconds)),
          \(asked.map { $0.queueTimeout?.milliseconds }),
          \(asked.map { $0.stepTimeout?.wholeMilliseconds }),
          \(asked.map { $0.idleTimeout?.wholeMilliseconds }),
          \(asked.map(\.session?.description)), \(jobs.map(\.job.uniqueKey)),
          \(asked.map { $0.uniqueness?.period?.milliseconds }),
          \(asked.map { $0.signal?.signal.description }),
          \(asked.map { $0.signal?.timeout.milliseconds }), \(asked.map { $0.batch?.uuid }),
          \(asked.map { $0.webhook?.uuid }), \(asked.map { $0.schedule?.uuid }),
          \(asked.map { $0.maximumAttempts.map(Int16.init) }))
          AS o(place, run_at, run_ms, deadline_at, deadline_ms, queue_ms, step_timeout_ms,
            idle_timeout_ms, session, unique_key, unique_ms, signal, signal_ms,
            batch_id, webhook_id, schedule_id, max_attempts) ON o.place = t.place
        CROSS JOIN LATERAL (
          SELECT coalesce(o.run_at, now() + o.run_ms * interval '1 ms') AS run_at) AS start
      )
      """
  }

  /// The batches of the group that take jobs of their users, locked; before anything else is, and by all that
  /// is joined with them, so that groups lock in one order.
  private static func batches(_ jobs: [Placed]) -> SQL {
    """
    , batch_row AS MATERIALIZED (
      SELECT id, user_id FROM batches
      WHERE id = ANY(\(jobs.compactMap { $0.job.options.batch?.uuid })) AND state = 0
        AND EXISTS (SELECT FROM input
          WHERE input.batch_id = batches.id AND input.user_id = batches.user_id)
      ORDER BY id FOR UPDATE OF batches
    )
    """
  }

  private static let takingBatches: SQL = """
    (SELECT input.* FROM input LEFT JOIN batch_row
      ON batch_row.id = input.batch_id AND batch_row.user_id = input.user_id
    WHERE input.batch_id IS NULL OR batch_row.id IS NOT NULL) AS input
    """

  private static let countBatches: SQL = """
    , batch_count AS (
      UPDATE batches SET total = batches.total + added.count
      FROM (SELECT batch_id, count(*)::int AS count FROM stored WHERE batch_id IS NOT NULL
        GROUP BY batch_id) AS added
      WHERE batches.id = added.batch_id
    )
    """

  private static func job(from rows: SQL) -> SQL {
    """
    , job AS (
      INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open,
        next_index, last_seq, grants, reply_key, idempotency_key, request_hash, input,
        retry_of, weight, created_at, run_at, deadline_at, start_by, expires_at,
        step_timeout_ms, idle_timeout_ms, session, unique_key, unique_until, batch_id,
        webhook_id, wait_for, wait_for_ms, schedule_id, deadline_ms, max_attempts)
      SELECT id, user_id, token_id, id, target, priority, 1, 1, 1, 1, grants, reply_key,
        idempotency_key, request_hash, input, retry_of, weight, now(), run_at, deadline_at,
        start_by, least(deadline_at, start_by), step_timeout_ms, idle_timeout_ms, session,
        unique_key, unique_until, batch_id, webhook_id, signal, signal_ms, schedule_id,
        deadline_ms, max_attempts
      FROM \(rows)
      ON CONFLICT DO NOTHING
      RETURNING id, created_at
    )
    """
  }

  private static let stored: SQL = """
    , stored AS MATERIALIZED (
      SELECT input.*, \(unsafeRaw: String(FairRank.cost)) / input.weight AS cost
      FROM job JOIN input ON input.id = job.id
    )
    """

  private static let noSessions: SQL = """
    , placed AS (SELECT stored.*, false AS is_held FROM stored)
    """

  /// First steps that wait for a signal.
  private static let signals: SQL = """
    , signal_wait AS (
      INSERT INTO signal_waits (step_id, job_id, name, starts_job, expires_at)
      SELECT step_id, id, signal, true, now() + signal_ms * interval '1 ms'
      FROM stored WHERE signal IS NOT NULL
    )
    """

  private static let rest: SQL =
    """
    \(FairRank.flow(of: "placed")), step AS (
      INSERT INTO steps (id, job_id, user_id, index, kind, target, pool, priority, state, held_by,
        rank, ready_at, created_at)
      SELECT step_id, placed.id, placed.user_id, 0, kind, target, placed.pool, placed.priority,
        CASE WHEN run_at > now() THEN 0 WHEN is_held OR signal IS NOT NULL THEN 2 ELSE 1 END,
        CASE WHEN is_held THEN 'session' WHEN signal IS NOT NULL THEN 'signal:' || signal END,
        \(FairRank.rank(of: "placed", by: "place")), greatest(run_at, now()), now()
      FROM placed \(FairRank.join("placed"))
      RETURNING id, job_id, pool, priority, state
    ), ticket AS (
      INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
      SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step WHERE state = 1
    ), event AS (
      INSERT INTO events (job_id, seq, at, type)
      SELECT id, 1, now(), \(unsafeRaw: String(EventType.queued.rawValue)) FROM stored
    ), audit AS (
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT user_id, token_id, 'job.enqueue', id::text, 'accepted' FROM stored
    )
    SELECT job_id AS id, now() AS created_at, state FROM step
    """

  /// The jobs that hold the given keys: of those that ``accept(_:)`` did not store, why.
  ///
  /// Columns: `id, user_id, idempotency_key, unique_key, request_hash, created_at`.
  public static func holders(of jobs: [NewJob]) -> SQL {
    """
    WITH wanted AS MATERIALIZED (
      SELECT * FROM unnest(\(jobs.map(\.id.uuid)), \(jobs.map(\.user.uuid)),
        \(jobs.map(\.idempotencyKey)), \(jobs.map(\.uniqueKey)))
        AS t(id, user_id, idempotency_key, unique_key)
    ), holders AS (
      SELECT jobs.id FROM wanted JOIN jobs ON jobs.id = wanted.id
      UNION
      SELECT jobs.id FROM wanted JOIN jobs ON jobs.user_id = wanted.user_id
        AND jobs.idempotency_key = wanted.idempotency_key
      UNION
      SELECT jobs.id FROM wanted JOIN jobs ON jobs.user_id = wanted.user_id
        AND jobs.unique_key = wanted.unique_key
    )
    SELECT jobs.id, jobs.user_id, jobs.idempotency_key, jobs.unique_key, jobs.request_hash,
      jobs.created_at
    FROM holders JOIN jobs ON jobs.id = holders.id
    """
  }
}

extension NewJob {
  /// As it is stored; `nil` without one.
  public var uniqueKey: String? {
    options.uniqueness?.storedKey(target: target, session: options.session)
  }

  fileprivate var grantsText: String { grants.map(\.description).joined(separator: " ") }
}

extension Moment {
  var date: Date? { if case .at(let date) = self { date } else { nil } }

  var milliseconds: Int64? {
    if case .after(let duration) = self { duration.milliseconds } else { nil }
  }
}

extension Duration {
  /// Cut to what counts in SQL.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
}
