import FoundationEssentials
public import Jobs
public import Postgres

/// The dead-letter workbench: finding dead steps, settling them, and doing their jobs again.
public enum DeadStatements {
  /// Whether a step `step` is on the workbench.
  static let isDead: SQL =
    "step.state = 5 AND step.settled_at IS NULL AND step.started_at IS NOT NULL"

  /// The same, for steps that are looked for by their job: the sum keeps the planner from the index of
  /// all dead steps.
  private static let isDeadInJob: SQL =
    "step.state + 0 = 5 AND step.settled_at IS NULL AND step.started_at IS NOT NULL"

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
  static let isOver: SQL = "jobs.state >= 4"
  /// Whether something that may not be repeated was begun by it, or by a step of the job that would
  /// not be taken over.
  static let hasEffect: SQL = """
    EXISTS (SELECT FROM steps AS other JOIN effects ON effects.step_id = other.id
      WHERE other.job_id = step.job_id AND (other.id = step.id
        OR other.index > step.index AND other.turn IS DISTINCT FROM step.turn))
    """
  private static let isRedrivable: SQL = """
    EXISTS (SELECT FROM jobs WHERE jobs.id = step.job_id AND \(isOver)) AND NOT \(hasEffect)
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
      AND step.id < coalesce(\(filter.before?.uuid)::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    """
  }

  /// A dead step with its job and its effect, settled or not.
  ///
  /// Columns: those of ``list(_:_:)`` and of ``obstacles(of:)``, `kind, created_at, started_at,
  /// settled_at, redriven_as, job_target`, those of the effect with `effect_` before their names,
  /// and `job_input, step_input`: `NULL` where the reader is not the owner.
  ///
  /// - Parameters:
  ///   - owner: Whose; `nil` for anybody's.
  ///   - reader: Who may see what the step works on.
  public static func show(
    _ step: StepID, in pool: Pool, of owner: UserID?, reader: UserID
  ) -> SQL {
    """
    SELECT step.id, step.job_id, step.user_id, step.target, step.pool, step.priority, step.error,
      coalesce(step.error_class, 'unknown') AS error_class,
      coalesce(step.error_code, 'unknown') AS error_code, step.attempt, step.crashes,
      step.finished_at, step.kind, step.created_at, step.started_at, step.settled_at,
      step.redriven_as, jobs.target AS job_target, \(isOver) AS is_over,
      \(hasEffect) AS has_effect,
      CASE WHEN step.user_id = \(reader.uuid) THEN jobs.input END AS job_input,
      CASE WHEN step.user_id = \(reader.uuid) THEN step.input END AS step_input,
      effects.state AS effect_state, effects.attempt AS effect_attempt,
      effects.started_at AS effect_started_at, effects.finished_at AS effect_finished_at
    FROM steps AS step JOIN jobs ON jobs.id = step.job_id
      LEFT JOIN effects ON effects.step_id = step.id
    WHERE step.id = \(step.uuid) AND step.pool = \(pool.name) AND step.state = 5
      AND step.started_at IS NOT NULL
      AND (\(owner?.uuid)::uuid IS NULL OR step.user_id = \(owner?.uuid))
    """
  }

  /// The failed attempts at the steps of a step's job: rows as of ``EventStatements/failures(of:)``.
  public static func failures(of step: StepID) -> SQL {
    """
    SELECT events.step_id, events.step_state, events.attempt, events.at, events.content
    FROM steps AS step JOIN events ON events.job_id = step.job_id
    WHERE step.id = \(step.uuid) AND events.step_id = step.id
      AND events.type = \(EventType.step.rawValue) AND events.content IS NOT NULL
      AND events.attempt IS NOT NULL
    ORDER BY events.seq
    """
  }

  /// Settles dead steps, audited. Column: `id`, of those that nobody had settled.
  ///
  /// - Parameters:
  ///   - action: `dead.drop` or `dead.redrive`.
  ///   - job: The job that does them again; `nil` for none.
  public static func settle(
    _ steps: [StepID], _ action: String, as job: JobID? = nil, by principal: Principal
  ) -> SQL {
    """
    WITH settled AS (
      UPDATE steps AS step SET settled_at = now(), redriven_as = \(job?.uuid)::uuid
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
  /// dead_index, dead_turn`, and those of ``obstacles(of:)`` but for `id` and `index`.
  public static func source(of step: StepID) -> SQL {
    """
    SELECT jobs.input, step.index AS dead_index, step.turn AS dead_turn, \(isOver) AS is_over,
      \(hasEffect) AS has_effect
    FROM steps AS step JOIN jobs ON jobs.id = step.job_id WHERE step.id = \(step.uuid)
    """
  }

  /// What keeps dead steps from being redriven. Columns: `id, index, is_over, has_effect`: whether
  /// something that may not be repeated was begun by the step, or by one of the job's that
  /// would not be taken over.
  public static func obstacles(of steps: [StepID]) -> SQL {
    """
    SELECT step.id, step.index, \(isOver) AS is_over, \(hasEffect) AS has_effect
    FROM steps AS step JOIN jobs ON jobs.id = step.job_id
    WHERE step.id = ANY(\(steps.map(\.uuid)))
    """
  }

  /// Settles the dead steps of jobs that new ones do again; not where the new one was not stored.
  public static func settle(retriedBy retries: [(new: JobID, old: JobID)]) -> SQL {
    """
    UPDATE steps AS step SET settled_at = now(), redriven_as = retry.id
    FROM unnest(\(retries.map(\.new.uuid)), \(retries.map(\.old.uuid))) AS retry(id, old_id)
    JOIN jobs ON jobs.id = retry.id
    WHERE step.job_id = retry.old_id AND \(isDeadInJob)
    """
  }

  /// Settles the other dead steps of a job: one job does all of it again.
  public static func settleOthers(of old: JobID, as job: JobID) -> SQL {
    """
    UPDATE steps AS step SET settled_at = now(), redriven_as = \(job.uuid)
    WHERE step.job_id = \(old.uuid) AND \(isDeadInJob)
    """
  }
}
