import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A finished step that a new job takes over.
public struct TakenStep: Sendable {
  /// The old step.
  public let old: StepID
  /// Must be new.
  public let id: StepID
  /// Sealed for the new row; `nil` where the old one has none.
  public let input: Sealed?, output: Sealed?, error: Sealed?

  /// The sealed columns are those of ``SealedContent/Column`` for steps.
  public init(old: StepID, id: StepID, input: Sealed?, output: Sealed?, error: Sealed?) {
    self.old = old
    self.id = id
    self.input = input
    self.output = output
    self.error = error
  }
}

/// A dead step that a new job does again.
public struct RepeatedStep: Sendable {
  /// The old step.
  public let old: StepID
  /// Must be new.
  public let id: StepID
  /// Sealed for the new row; `nil` when the job's input serves.
  public let input: Sealed?

  /// The input is sealed for the column of steps.
  public init(old: StepID, id: StepID, input: Sealed?) {
    self.old = old
    self.id = id
    self.input = input
  }
}

/// The dead-letter workbench: finding dead steps, settling them, and doing their jobs again.
public enum DeadStatements {
  private static let isDead: SQL =
    "step.state = 5 AND step.settled_at IS NULL AND step.started_at IS NOT NULL"

  /// Which of the dead steps that a filter meets.
  public enum Part: Sendable {
    /// All of them.
    case all
    /// Those that nothing keeps from being redriven without being named.
    case redrivable
    /// The others.
    case obstructed
  }

  /// What keeps a dead step `step` of its job `jobs` from being redriven.
  private static let isOver: SQL = "jobs.state >= 4"
  private static let inSession: SQL = "jobs.session IS NOT NULL"
  /// Whether something that may not be repeated was begun by it, or by a step of the job that would
  /// not be taken over.
  private static let hasEffect: SQL = """
    EXISTS (SELECT FROM steps AS other JOIN effects ON effects.step_id = other.id
      WHERE other.job_id = step.job_id AND (other.id = step.id
        OR other.index > step.index AND other.turn IS DISTINCT FROM step.turn))
    """
  private static let isRedrivable: SQL = """
    EXISTS (SELECT FROM jobs WHERE jobs.id = step.job_id AND \(isOver) AND NOT (\(inSession)))
      AND NOT \(hasEffect)
    """

  /// The dead steps that a filter meets, the newest first.
  /// Columns: `id, job_id, user_id, target, pool, priority, error, error_class, error_code, attempt,
  /// crashes, finished_at`.
  public static func list(_ filter: DeadFilter, _ part: Part = .all) -> SQL {
    let isPart: SQL =
      switch part {
      case .all: "true"
      case .redrivable: isRedrivable
      case .obstructed: "NOT (\(isRedrivable))"
      }
    return """
      SELECT step.id, step.job_id, step.user_id, step.target, step.pool, step.priority, step.error,
        coalesce(step.error_class, 'unknown') AS error_class,
        coalesce(step.error_code, 'unknown') AS error_code, step.attempt, step.crashes,
        step.finished_at
      FROM steps AS step WHERE step.pool = \(filter.pool.name) AND \(isDead) AND \(condition(filter))
        AND \(isPart)
      ORDER BY step.id DESC LIMIT \(Int64(filter.limit))
      """
  }

  /// The same by how they failed, the most first.
  /// Columns: `target, error_class, error_code, count, first_at, last_at, example`.
  public static func groups(_ filter: DeadFilter) -> SQL {
    """
    SELECT step.target, coalesce(step.error_class, 'unknown') AS error_class,
      coalesce(step.error_code, 'unknown') AS error_code, count(*) AS count,
      min(step.finished_at) AS first_at, max(step.finished_at) AS last_at,
      (array_agg(step.id ORDER BY step.id DESC))[1] AS example
    FROM steps AS step WHERE step.pool = \(filter.pool.name) AND \(isDead) AND \(condition(filter))
    GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1, 2, 3 LIMIT \(Int64(filter.limit))
    """
  }

  private static func condition(_ filter: DeadFilter) -> SQL {
    """
    (\(filter.user?.uuid)::uuid IS NULL OR step.user_id = \(filter.user?.uuid))
      AND (cardinality(\(filter.steps.map(\.uuid))) = 0
        OR step.id = ANY(\(filter.steps.map(\.uuid))))
      AND (\(filter.target?.description)::text IS NULL OR step.target = \(filter.target?.description))
      AND (\(filter.code)::text IS NULL OR step.error_code = \(filter.code))
      AND (\(filter.fingerprint)::text IS NULL OR step.target || ' '
        || coalesce(step.error_class, 'unknown') || '/' || coalesce(step.error_code, 'unknown')
        = \(filter.fingerprint))
      AND (\(filter.before?.uuid)::uuid IS NULL OR step.id < \(filter.before?.uuid))
    """
  }

  /// Settles dead steps, audited. Column: `id`, of those that nobody had settled.
  ///
  /// - Parameter action: `dead.drop` or `dead.redrive`.
  public static func settle(
    _ steps: [StepID], _ action: String, by principal: Principal
  ) -> SQL {
    """
    WITH settled AS (
      UPDATE steps AS step SET settled_at = now()
      WHERE step.id = ANY(\(steps.map(\.uuid))) AND \(isDead) RETURNING step.id
    ), audited AS (
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), \(action), id::text, 'done'
      FROM settled
    )
    SELECT id FROM settled
    """
  }

  /// What a redrive of a dead step needs of its job, whose row is locked. Columns: `input,
  /// dead_index, dead_turn`, and those of ``obstacles(of:)`` but for `id`.
  public static func source(of step: StepID) -> SQL {
    """
    SELECT jobs.input, step.index AS dead_index, step.turn AS dead_turn, \(isOver) AS is_over,
      \(inSession) AS in_session, \(hasEffect) AS has_effect
    FROM steps AS step JOIN jobs ON jobs.id = step.job_id WHERE step.id = \(step.uuid)
    """
  }

  /// What keeps dead steps from being redriven. Columns: `id, is_over, in_session, has_effect`:
  /// whether something that may not be repeated was begun by the step, or by one of the job's that
  /// would not be taken over.
  public static func obstacles(of steps: [StepID]) -> SQL {
    """
    SELECT step.id, \(isOver) AS is_over, \(inSession) AS in_session, \(hasEffect) AS has_effect
    FROM steps AS step JOIN jobs ON jobs.id = step.job_id
    WHERE step.id = ANY(\(steps.map(\.uuid)))
    """
  }

  /// The steps that a redrive of a dead one does again: itself, and the other calls of its turn that
  /// are dead and unsettled, as the turn goes on once all of its calls have ended. One that has
  /// begun what may not be repeated is so only if it is named; else its error is its answer.
  /// Columns: `id, input`.
  public static func again(_ step: StepID, named: [StepID]) -> SQL {
    """
    SELECT step.id, step.input FROM steps AS wanted JOIN steps AS step
      ON step.job_id = wanted.job_id AND (step.id = wanted.id OR step.turn = wanted.turn
        AND (step.id = ANY(\(named.map(\.uuid)))
          OR NOT EXISTS (SELECT FROM effects WHERE effects.step_id = step.id)))
    WHERE wanted.id = \(step.uuid) AND \(isDead) ORDER BY step.index
    """
  }

  /// Settles the dead steps of jobs that new ones do again; not where the new one was not stored.
  public static func settle(retriedBy retries: [(new: JobID, old: JobID)]) -> SQL {
    """
    UPDATE steps AS step SET settled_at = now()
    FROM unnest(\(retries.map(\.new.uuid)), \(retries.map(\.old.uuid))) AS retry(id, old_id)
    JOIN jobs ON jobs.id = retry.id
    WHERE step.job_id = retry.old_id AND \(isDead)
    """
  }

  /// Settles the other dead steps of a job: one job does all of it again.
  public static func settleOthers(of job: JobID) -> SQL {
    """
    UPDATE steps AS step SET settled_at = now() WHERE step.job_id = \(job.uuid) AND \(isDead)
    """
  }

  /// The finished steps that come before a dead one: all before it, and the other calls of its turn,
  /// those that were cancelled among them; also those of ``again(_:named:)``.
  /// Columns: `id, index, turn, call_id, kind, target, state, input, output, error`.
  public static func finished(
    of job: JobID, before index: Int, turn: Int?
  ) -> SQL {
    """
    SELECT id, index, turn, call_id, kind, target, state, input, output, error FROM steps
    WHERE job_id = \(job.uuid) AND index <> \(Int32(index))
      AND (index < \(Int32(index)) AND state IN (4, 5)
        OR turn = \(turn.map(Int32.init)) AND state IN (4, 5, 6))
    ORDER BY index
    """
  }

  /// Inserts the job that does another one again from dead steps on, with the steps that it takes
  /// over; the dead ones are ready anew. Answers the rows of their tickets.
  ///
  /// - Parameters:
  ///   - old: The old job.
  ///   - job: The new one.
  ///   - again: At least one.
  ///   - token: Whose rights count; `nil` for the old job's.
  ///   - maximum: The most urgent that the new job may be.
  public static func redrive(
    _ old: JobID, as job: JobID, again: [RepeatedStep], token: TokenID?, maximum: Priority,
    replyKey: [UInt8], input: Sealed, taking taken: [TakenStep]
  ) -> SQL {
    """
    WITH source AS MATERIALIZED (
      SELECT jobs.*, greatest(jobs.priority, \(maximum.rawValue)) AS new_priority
      FROM jobs WHERE id = \(old.uuid)
    ), job AS (
      INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open, next_index,
        last_seq, grants, reply_key, request_hash, input, weight, redrive_of, retry_of, created_at,
        step_timeout_ms, idle_timeout_ms, max_attempts, delegations, webhook_id)
      SELECT \(job.uuid), user_id, coalesce(\(token?.uuid)::uuid, token_id), \(job.uuid), target,
        new_priority, CASE WHEN \(taken.isEmpty) THEN 1 ELSE 3 END, \(Int32(again.count)),
        (SELECT max(steps.index) + 1 FROM steps
          WHERE steps.id = ANY(\((taken.map(\.old) + again.map(\.old)).map(\.uuid)))),
        1, grants, \(replyKey), '', \(input.bytes), weight, id, id, now(), step_timeout_ms,
        idle_timeout_ms, max_attempts, 0, webhook_id
      FROM source
    ), copy AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, rank, input, output, error, created_at, finished_at)
      SELECT t.id, \(job.uuid), old.user_id, old.index, old.turn, old.call_id, old.kind, old.target,
        old.pool, old.priority, CASE WHEN old.state = 6 THEN 5 ELSE old.state END, 0, t.input,
        t.output, t.error, now(), now()
      FROM unnest(\(taken.map(\.old.uuid)), \(taken.map(\.id.uuid)), \(taken.map(\.input?.bytes)),
        \(taken.map(\.output?.bytes)), \(taken.map(\.error?.bytes)))
        AS t(old_id, id, input, output, error) JOIN steps AS old ON old.id = t.old_id
    ), new AS MATERIALIZED (
      SELECT again.id, dead.user_id, dead.pool, source.new_priority AS priority, dead.index,
        dead.turn, dead.call_id, dead.kind, dead.target, again.input,
        \(unsafeRaw: String(FairRank.cost)) / source.weight AS cost
      FROM unnest(\(again.map(\.old.uuid)), \(again.map(\.id.uuid)), \(again.map(\.input?.bytes)))
        AS again(old_id, id, input) JOIN steps AS dead ON dead.id = again.old_id, source
    )\(FairRank.flow(of: "new")), step AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, rank, ready_at, input, created_at)
      SELECT id, \(job.uuid), new.user_id, index, turn, call_id, kind, target, new.pool,
        new.priority, 1, \(FairRank.rank(of: "new", by: "index")), now(), input, now()
      FROM new \(FairRank.join("new"))
      RETURNING id, job_id, pool, priority
    ), event AS (
      INSERT INTO events (job_id, seq, at, type)
      SELECT \(job.uuid), 1, now(), \(EventType.queued.rawValue) FROM source
    )
    INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
    SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step
    RETURNING step_id, job_id, pool, priority
    """
  }
}
