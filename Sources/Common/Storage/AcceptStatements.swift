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
  }

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
  /// Job, step 0, outbox row, event 1 and audit row of each; all of them or, where the job's id
  /// or idempotency key is taken, none. Answers `id, created_at` of those it stored.
  ///
  /// Keys are sorted, so that two groups with the same keys cannot deadlock. Of several jobs with
  /// one key, the first of the group is stored.
  public static func accept(_ jobs: [NewJob]) -> SQL {
    let jobs = jobs.enumerated().sorted { left, right in
      (left.element.user, left.element.idempotencyKey ?? "", left.offset)
        < (right.element.user, right.element.idempotencyKey ?? "", right.offset)
    }.map(\.element)
    return """
      WITH input AS MATERIALIZED (
        SELECT * FROM unnest(\(jobs.map(\.id.uuid)), \(jobs.map(\.step.uuid)),
          \(jobs.map(\.user.uuid)), \(jobs.map(\.token.uuid)),
          \(jobs.map(\.target.description)), \(jobs.map(\.target.pool.name)),
          \(jobs.map(\.kind.rawValue)), \(jobs.map(\.priority.rawValue)),
          \(jobs.map(\.grantsText)), \(jobs.map(\.replyKey)), \(jobs.map(\.idempotencyKey)),
          \(jobs.map(\.requestHash)), \(jobs.map(\.input.bytes)), \(jobs.map { $0.retryOf?.uuid }))
        AS t(id, step_id, user_id, token_id, target, pool, kind, priority, grants, reply_key,
          idempotency_key, request_hash, input, retry_of)
      ), job AS (
        INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open,
          next_index, last_seq, grants, reply_key, idempotency_key, request_hash, input,
          retry_of, created_at)
        SELECT id, user_id, token_id, id, target, priority,
          \(JobState.queued.rawValue), 1, 1, 1, grants, reply_key, idempotency_key,
          request_hash, input, retry_of, now()
        FROM input
        ON CONFLICT DO NOTHING
        RETURNING id, created_at
      ), stored AS (
        SELECT input.* FROM job JOIN input ON input.id = job.id
      ), step AS (
        INSERT INTO steps (id, job_id, user_id, index, kind, target, pool, priority, state, rank,
          ready_at, created_at)
        SELECT step_id, id, user_id, 0, kind, target, pool, priority,
          \(StepState.ready.rawValue), (extract(epoch FROM clock_timestamp()) * 1e6)::bigint,
          now(), now()
        FROM stored
      ), ticket AS (
        INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
        SELECT step_id, id, pool, priority, now() + interval '5 s' FROM stored
      ), event AS (
        INSERT INTO events (job_id, seq, at, type)
        SELECT id, 1, now(), \(EventType.queued.rawValue) FROM stored
      ), audit AS (
        INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
        SELECT user_id, token_id, 'job.enqueue', id::text, 'accepted' FROM stored
      )
      SELECT id, created_at FROM job
      """
  }

  /// The jobs that hold the given keys: of those that ``accept(_:)`` did not store, why.
  ///
  /// Columns: `id, user_id, idempotency_key, request_hash, created_at`.
  public static func holders(of jobs: [NewJob]) -> SQL {
    """
    SELECT jobs.id, jobs.user_id, jobs.idempotency_key, jobs.request_hash, jobs.created_at
    FROM unnest(\(jobs.map(\.id.uuid)), \(jobs.map(\.user.uuid)),
      \(jobs.map(\.idempotencyKey))) AS wanted(id, user_id, idempotency_key)
    JOIN jobs ON jobs.id = wanted.id
      OR (jobs.user_id = wanted.user_id AND jobs.idempotency_key = wanted.idempotency_key)
    """
  }
}

extension NewJob {
  fileprivate var grantsText: String { grants.map(\.description).joined(separator: " ") }
}
