public import Jobs
public import Postgres
public import Security

/// A job that another one delegates, with its first step.
public struct NewChild: Sendable {
  /// Must be new.
  public let id: JobID
  /// The id of step 0, which is ready at once. Must be new.
  public let step: StepID
  /// The job that delegates it, whose row the transaction has locked. Its user, token, rights,
  /// priority, deadline, time-outs and number of attempts are the child's as well.
  public let parent: JobID
  /// The step that waits for it.
  public let parentStep: StepID
  /// An agent.
  public let target: Target
  /// What its failure does to the parent.
  public let onFailure: Delegation.FailurePolicy
  /// 16 random bytes.
  public let replyKey: [UInt8]
  /// Sealed for ``SealedContent/Column/jobInput`` and the row `id`.
  public let input: Sealed

  /// Takes what a plan says.
  public init(
    id: JobID, step: StepID, parent: JobID, parentStep: StepID, target: Target,
    onFailure: Delegation.FailurePolicy, replyKey: [UInt8], input: Sealed
  ) {
    self.id = id
    self.step = step
    self.parent = parent
    self.parentStep = parentStep
    self.target = target
    self.onFailure = onFailure
    self.replyKey = replyKey
    self.input = input
  }
}

/// Trees of jobs: delegated ones, and what the end of one means for those above and below.
///
/// A transaction locks one level of a tree. What has to follow on another level is a row of
/// `children` that stays until it is done, so that any node may do it at any time.
public enum ChildStatements {
  /// Inserts delegated jobs, each with its step, event, ticket and audit row.
  public static func insert(_ children: [NewChild]) -> SQL {
    """
    WITH new AS MATERIALIZED (
      SELECT t.*, parent.user_id, parent.token_id, parent.root_id, parent.priority,
        parent.grants, parent.weight, parent.depth, parent.deadline_at, parent.step_timeout_ms,
        parent.idle_timeout_ms, parent.max_attempts,
        \(unsafeRaw: String(FairRank.cost)) / parent.weight AS cost
      FROM unnest(\(children.map(\.id.uuid)), \(children.map(\.step.uuid)),
        \(children.map(\.parent.uuid)), \(children.map(\.parentStep.uuid)),
        \(children.map(\.target.description)), \(children.map(\.target.pool.name)),
        \(children.map(\.onFailure.rawValue)), \(children.map(\.replyKey)),
        \(children.map(\.input.bytes)))
        AS t(id, step_id, parent_id, parent_step_id, target, pool, on_failure, reply_key, input)
      JOIN jobs AS parent ON parent.id = t.parent_id
    ), job AS (
      INSERT INTO jobs (id, user_id, token_id, root_id, parent_id, parent_step_id, target, priority, state,
        open, next_index, last_seq, grants, reply_key, request_hash, input, weight, depth,
        created_at, deadline_at, expires_at, step_timeout_ms, idle_timeout_ms, max_attempts)
      SELECT id, user_id, token_id, root_id, parent_id, parent_step_id, target, priority, 1, 1, 1, 1, grants,
        reply_key, '', input, weight, depth + 1, now(), deadline_at, deadline_at,
        step_timeout_ms, idle_timeout_ms, max_attempts
      FROM new
    ), child AS (
      INSERT INTO children (job_id, parent_id, step_id, on_failure)
      SELECT id, parent_id, parent_step_id, on_failure FROM new
    )\(FairRank.flow(of: "new")), step AS (
      INSERT INTO steps (id, job_id, user_id, index, kind, target, pool, priority, state, rank,
        ready_at, created_at)
      SELECT step_id, id, new.user_id, 0, 1::smallint, target, new.pool, new.priority, 1,
        \(FairRank.rank(of: "new", by: "id")), now(), now()
      FROM new \(FairRank.join("new"))
      RETURNING id, job_id, pool, priority
    ), ticket AS (
      INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
      SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step
    ), event AS (
      INSERT INTO events (job_id, seq, at, type)
      SELECT id, 1, now(), \(unsafeRaw: String(EventType.queued.rawValue)) FROM new
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT user_id, token_id, 'job.delegate', id::text, 'accepted' FROM new
    """
  }

  /// The jobs above the given ones that are over and have not been taken in yet.
  /// Columns: `job_id, parent_id, step_id, on_failure, state, result, error, target`.
  public static func ended(_ jobs: [JobID]) -> SQL {
    """
    SELECT children.*, jobs.state, jobs.result, jobs.error, jobs.target
    FROM children JOIN jobs ON jobs.id = children.job_id
    WHERE children.job_id = ANY(\(jobs.map(\.uuid))) AND jobs.state >= 4
    """
  }

  /// The most delegated jobs that one look of a walk over them takes in.
  public static let batch: Int64 = 1024

  /// Walks on over delegated jobs that have not been taken in. Columns: `walked, last, found,
  /// orphaned`: how many there were, ``batch`` at most, and the last of them (`NULL` for none); which
  /// are over; which are not although their parent is over, or shall stop.
  public static func walk(after place: JobID) -> SQL {
    """
    WITH walked AS MATERIALIZED (
      SELECT job_id, parent_id FROM children WHERE job_id > \(place.uuid)
      ORDER BY job_id LIMIT \(batch)
    ), seen AS MATERIALIZED (
      SELECT jobs.id, jobs.state >= 4 AS is_over, jobs.state < 4 AND jobs.cancel_at IS NULL
        AND (parent.state >= 4 OR parent.cancel_at IS NOT NULL) AS is_orphaned
      FROM walked JOIN jobs ON jobs.id = walked.job_id
      LEFT JOIN jobs AS parent ON parent.id = walked.parent_id
    )
    SELECT (SELECT count(*) FROM walked) AS walked,
      (SELECT job_id FROM walked ORDER BY job_id DESC LIMIT 1) AS last,
      (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM seen WHERE is_over) AS found,
      (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM seen WHERE is_orphaned) AS orphaned
    """
  }

  /// Live jobs that the given ones have delegated. Column: `job_id`.
  public static func live(below parents: [JobID]) -> SQL {
    """
    SELECT children.job_id FROM children JOIN jobs ON jobs.id = children.job_id
    WHERE children.parent_id = ANY(\(parents.map(\.uuid))) AND jobs.state < 4
      AND jobs.cancel_at IS NULL
    ORDER BY children.job_id
    """
  }

  /// Closes steps that wait for a job, if they still do, and forgets that they did. The rows of
  /// their jobs are locked. Columns: as of `FinishStatements.close(_:)`, without `claim_id`.
  public static func close(_ steps: [(step: StepID, output: Sealed?, error: Sealed?)]) -> SQL {
    WaitStatements.close(steps, waitingIn: "children", heldBy: "= 'child'")
  }

  /// The root of a user's job. Column: `root_id`.
  public static func root(of job: JobID, user: UserID) -> SQL {
    "SELECT root_id FROM jobs WHERE id = \(job.uuid) AND user_id = \(user.uuid)"
  }
}
