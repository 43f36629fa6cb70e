public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A job under its row lock.
public struct LockedJob: Sendable, Hashable {
  public let id: JobID
  public let user: UserID
  public let priority: Priority
  public var state: JobState
  public let isCancelled: Bool
  /// Its unfinished steps.
  public var open: Int
  public var nextIndex: Int
  public var lastSequence: Int64
  public var hasStarted: Bool
  public let target: Target
  public let replyKey: [UInt8]

  public init(
    id: JobID, user: UserID, priority: Priority, state: JobState, isCancelled: Bool, open: Int,
    nextIndex: Int, lastSequence: Int64, hasStarted: Bool, target: Target, replyKey: [UInt8]
  ) {
    self.id = id
    self.user = user
    self.priority = priority
    self.state = state
    self.isCancelled = isCancelled
    self.open = open
    self.nextIndex = nextIndex
    self.lastSequence = lastSequence
    self.hasStarted = hasStarted
    self.target = target
    self.replyKey = replyKey
  }

  /// Reads one row of ``FinishStatements/lock(_:)``.
  public init(_ row: Row) throws(PostgresError) {
    id = JobID(try row.decode("id", as: UUID.self))
    user = UserID(try row.decode("user_id", as: UUID.self))
    priority = try row.stored("priority")
    state = try row.stored("state")
    isCancelled = try row.decode("is_cancelled", as: Bool.self)
    open = Int(try row.decode("open", as: Int32.self))
    nextIndex = Int(try row.decode("next_index", as: Int32.self))
    lastSequence = try row.decode("last_seq", as: Int64.self)
    hasStarted = try row.decode("has_started", as: Bool.self)
    target = try row.target("target")
    replyKey = try row.decode("reply_key", as: [UInt8].self)
  }
}

/// What a claimed step's row becomes, if the claim still holds.
public struct StepClose: Sendable {
  public let step: StepID
  public let job: JobID
  public let claim: ClaimID
  public let state: StepState
  public let output: Sealed?
  public let error: Sealed?
  /// For `pending`: when it is due again, from now.
  public let delay: Duration
  /// -1 for a step given back untouched, so that the attempt does not count.
  public let attemptChange: Int

  public init(
    step: StepID, job: JobID, claim: ClaimID, state: StepState, output: Sealed? = nil,
    error: Sealed? = nil, delay: Duration = .zero, attemptChange: Int = 0
  ) {
    self.step = step
    self.job = job
    self.claim = claim
    self.state = state
    self.output = output
    self.error = error
    self.delay = delay
    self.attemptChange = attemptChange
  }
}

/// A step to insert.
public struct NewStep: Sendable, Hashable {
  public let id: StepID
  public let job: JobID
  public let user: UserID
  public let index: Int
  /// The index of the agent's turn that asked for it; `nil` for a turn.
  public let turn: Int?
  public let callID: String?
  public let kind: StepKind
  public let target: Target
  public let pool: Pool
  public let priority: Priority
  /// `ready`, or `dead` for a call that was refused at once.
  public let state: StepState
  public let input: Sealed?
  public let error: Sealed?

  public init(
    id: StepID, job: JobID, user: UserID, index: Int, turn: Int?, callID: String?,
    kind: StepKind, target: Target, pool: Pool, priority: Priority, state: StepState,
    input: Sealed?, error: Sealed?
  ) {
    self.id = id
    self.job = job
    self.user = user
    self.index = index
    self.turn = turn
    self.callID = callID
    self.kind = kind
    self.target = target
    self.pool = pool
    self.priority = priority
    self.state = state
    self.input = input
    self.error = error
  }
}

/// What a job's row becomes.
public struct JobUpdate: Sendable {
  public let job: LockedJob
  /// When the step that started it began; sets `started_at` if it has none.
  public let startedAt: Date?
  public let result: Sealed?
  public let error: Sealed?

  public init(job: LockedJob, startedAt: Date?, result: Sealed?, error: Sealed?) {
    self.job = job
    self.startedAt = startedAt
    self.result = result
    self.error = error
  }
}

/// An event to insert.
public struct NewEvent: Sendable, Hashable {
  public let job: JobID
  public let sequence: Int64
  public let type: EventType
  public let step: StepID?
  /// When it happened; `nil` means the transaction's time.
  public let at: Date?

  public init(job: JobID, sequence: Int64, type: EventType, step: StepID?, at: Date?) {
    self.job = job
    self.sequence = sequence
    self.type = type
    self.step = step
    self.at = at
  }
}

/// The transaction that ends attempts: lock the jobs, close the steps behind the fence, then
/// write what follows. Finish, reap and cancel share it.
public enum FinishStatements {
  /// Locks the jobs' rows in id order.
  public static func lock(_ jobs: some Collection<JobID>) -> SQL {
    """
    SELECT id, user_id, priority, state, cancel_at IS NOT NULL AS is_cancelled, open,
      next_index, last_seq, started_at IS NOT NULL AS has_started, target, reply_key
    FROM jobs WHERE id = ANY(\(jobs.sorted().map(\.uuid))) ORDER BY id FOR UPDATE
    """
  }

  /// Closes the steps whose claim still holds; answers `id, index, turn, call_id, kind, state,
  /// started_at` of those alone. A step of a cancelled job is never made `pending` or `ready`.
  public static func close(_ steps: [StepClose]) -> SQL {
    """
    UPDATE steps SET
      state = CASE WHEN fin.state IN (0, 1) AND jobs.cancel_at IS NOT NULL THEN 6
        ELSE fin.state END,
      output = fin.output, error = fin.error, attempt = attempt + fin.attempt_change,
      ready_at = CASE WHEN fin.state = 0
        THEN now() + fin.delay_ms * interval '1 ms' END,
      finished_at = CASE WHEN fin.state IN (0, 1) THEN NULL ELSE now() END,
      is_suspect = is_suspect AND fin.state = 1, claim_id = NULL, lease_until = NULL
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)),
      \(steps.map(\.state.rawValue)), \(steps.map(\.output?.bytes)),
      \(steps.map(\.error?.bytes)), \(steps.map { $0.delay.wholeMilliseconds }),
      \(steps.map { Int16($0.attemptChange) }))
      AS fin(id, claim_id, state, output, error, delay_ms, attempt_change), jobs
    WHERE steps.id = fin.id AND steps.state = 3 AND steps.claim_id = fin.claim_id
      AND jobs.id = steps.job_id
    RETURNING steps.id, steps.index, steps.turn, steps.call_id, steps.kind, steps.state,
      steps.started_at
    """
  }

  /// Writes the jobs' new state.
  public static func update(_ jobs: [JobUpdate]) -> SQL {
    """
    UPDATE jobs SET state = fin.state, open = fin.open, next_index = fin.next_index,
      last_seq = fin.last_seq, started_at = coalesce(jobs.started_at, fin.started_at),
      result = fin.result, error = fin.error,
      finished_at = CASE WHEN fin.state >= 4 THEN now() END
    FROM unnest(\(jobs.map(\.job.id.uuid)), \(jobs.map(\.job.state.rawValue)),
      \(jobs.map { Int32($0.job.open) }), \(jobs.map { Int32($0.job.nextIndex) }),
      \(jobs.map(\.job.lastSequence)), \(jobs.map(\.startedAt)),
      \(jobs.map(\.result?.bytes)), \(jobs.map(\.error?.bytes)))
      AS fin(id, state, open, next_index, last_seq, started_at, result, error)
    WHERE jobs.id = fin.id
    """
  }

  /// Inserts steps, and for the ready ones their outbox rows.
  public static func insert(_ steps: [NewStep]) -> SQL {
    """
    WITH step AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, rank, input, error, created_at, finished_at)
      SELECT id, job_id, user_id, index, turn, call_id, kind, target, pool, priority, state,
        (extract(epoch FROM clock_timestamp()) * 1e6)::bigint, input, error, now(),
        CASE WHEN state = 5 THEN now() END
      FROM unnest(\(steps.map(\.id.uuid)), \(steps.map(\.job.uuid)), \(steps.map(\.user.uuid)),
        \(steps.map { Int32($0.index) }), \(steps.map { $0.turn.map(Int32.init) }),
        \(steps.map(\.callID)), \(steps.map(\.kind.rawValue)), \(steps.map(\.target.description)),
        \(steps.map(\.pool.name)), \(steps.map(\.priority.rawValue)),
        \(steps.map(\.state.rawValue)), \(steps.map(\.input?.bytes)),
        \(steps.map(\.error?.bytes)))
        AS t(id, job_id, user_id, index, turn, call_id, kind, target, pool, priority, state,
          input, error)
      RETURNING id, job_id, pool, priority, state
    )
    INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
    SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step WHERE state = 1
    """
  }

  /// Puts tickets for steps that became ready again into the outbox.
  public static func ring(_ steps: [StepID]) -> SQL {
    """
    INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
    SELECT id, job_id, pool, priority, now() + interval '5 s' FROM steps
    WHERE id = ANY(\(steps.map(\.uuid))) ON CONFLICT DO NOTHING
    """
  }

  /// Cancels what a finished job left unfinished and unclaimed.
  public static func cancelRemaining(of jobs: [JobID]) -> SQL {
    """
    UPDATE steps SET state = 6, finished_at = now()
    WHERE job_id = ANY(\(jobs.map(\.uuid))) AND state IN (0, 1, 2)
    """
  }

  public static func insert(_ events: [NewEvent]) -> SQL {
    """
    INSERT INTO events (job_id, seq, at, type, step_id)
    SELECT job_id, seq, coalesce(at, now()), type, step_id
    FROM unnest(\(events.map(\.job.uuid)), \(events.map(\.sequence)), \(events.map(\.at)),
      \(events.map(\.type.rawValue)), \(events.map { $0.step?.uuid }))
      AS t(job_id, seq, at, type, step_id)
    """
  }
}

extension Duration {
  /// Milliseconds, cut; bounded to what an Int32 holds.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue
      + attoseconds / 1_000_000_000_000_000)
  }
}
