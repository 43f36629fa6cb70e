public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A job under its row lock.
public struct LockedJob: Sendable, Hashable {
  /// The row that is locked until the transaction ends.
  public let id: JobID
  /// The owner; steps to insert carry it.
  public let user: UserID
  /// The priority of all its steps.
  public let priority: Priority
  /// As stored: a job whose steps run is still `queued` or `waiting` here.
  public var state: JobState
  /// Whether its cancellation has been asked for.
  public var isCancelled: Bool
  /// Its unfinished steps.
  public var open: Int
  /// The index that the next new step gets.
  public var nextIndex: Int
  /// The seq of its newest event, from 1.
  public var lastSequence: Int64
  /// Whether its `started_at` is set.
  public var hasStarted: Bool
  /// The agent or skill that the job is for.
  public let target: Target
  /// The 16 random bytes that true replies carry.
  public let replyKey: [UInt8]

  /// For tests and plans; what the database holds comes from ``init(_:)``.
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
  /// The row to close.
  public let step: StepID
  /// The step's job, whose row the transaction has locked.
  public let job: JobID
  /// The fence: without this claim on the row nothing is written.
  public let claim: ClaimID
  /// `done`, `dead`, `cancelled`, `pending` for a retry, or `ready` when it is given back.
  public let state: StepState
  /// Sealed for ``SealedContent/Column/stepOutput`` and the row `step`; `nil` clears it.
  public let output: Sealed?
  /// Sealed for ``SealedContent/Column/stepError`` and the row `step`; `nil` clears it.
  public let error: Sealed?
  /// For `pending`: when it is due again, from now.
  public let delay: Duration
  /// -1 for a step given back untouched, so that the attempt does not count.
  public let attemptChange: Int

  /// `delay` is cut to milliseconds; `attemptChange` must fit an Int16.
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
  /// Must be new.
  public let id: StepID
  /// A job whose row the transaction has locked.
  public let job: JobID
  /// The job's owner.
  public let user: UserID
  /// The locked job's `nextIndex` at its turn; unique in the job.
  public let index: Int
  /// The index of the agent's turn that asked for it; `nil` for a turn.
  public let turn: Int?
  /// The ``ModelCall/id`` that it answers; `nil` for a turn.
  public let callID: String?
  /// A call of `turn`, or a turn.
  public let kind: StepKind
  /// The skill that is called, or the job's agent.
  public let target: Target
  /// The target's pool; with `priority`, the lane of its ticket.
  public let pool: Pool
  /// The job's.
  public let priority: Priority
  /// `ready`, or `dead` for a call that was refused at once.
  public let state: StepState
  /// Sealed for ``SealedContent/Column/stepInput`` and the row `id`; `nil` for a turn.
  public let input: Sealed?
  /// Sealed for ``SealedContent/Column/stepError`` and the row `id`; set when it is `dead`.
  public let error: Sealed?

  /// Indexes must fit an Int32; `turn` and `callID` are both set or both `nil`.
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
  /// The job as it shall be; its state, counts and sequence are written.
  public let job: LockedJob
  /// When the step that started it began; sets `started_at` if it has none.
  public let startedAt: Date?
  /// Sealed for ``SealedContent/Column/jobResult`` and the job's row; `nil` clears it.
  public let result: Sealed?
  /// Sealed for ``SealedContent/Column/jobError`` and the job's row; `nil` clears it.
  public let error: Sealed?

  /// The job's row must be locked; a final state also sets `finished_at`.
  public init(job: LockedJob, startedAt: Date?, result: Sealed?, error: Sealed?) {
    self.job = job
    self.startedAt = startedAt
    self.result = result
    self.error = error
  }
}

/// An event to insert.
public struct NewEvent: Sendable, Hashable {
  /// A job whose row the transaction has locked.
  public let job: JobID
  /// One more than the job's event before it; unique in the job.
  public let sequence: Int64
  /// What happened.
  public let type: EventType
  /// The step that it is about; `nil` when it is about the job alone.
  public let step: StepID?
  /// When it happened; `nil` means the transaction's time.
  public let at: Date?
  /// What the step became; for `step` alone.
  public let stepState: StepState?
  /// For `step` and `delta` the run of the step; `nil` for any other type.
  public let attempt: Int?
  /// The bytes of the step's output text that a `delta` stands for; `nil` for any other type.
  public let range: Range<Int>?

  /// The caller counts `sequence` up under the job's row lock.
  public init(
    job: JobID, sequence: Int64, type: EventType, step: StepID?, at: Date?,
    stepState: StepState? = nil, attempt: Int? = nil, range: Range<Int>? = nil
  ) {
    self.job = job
    self.sequence = sequence
    self.type = type
    self.step = step
    self.at = at
    self.stepState = stepState
    self.attempt = attempt
    self.range = range
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

  /// Closes the steps whose claim still holds; answers `id, claim_id, index, turn, call_id, kind,
  /// state, started_at, runs` of those alone. A step of a cancelled or finished job is never made
  /// `pending` or `ready`.
  public static func close(_ steps: [StepClose]) -> SQL {
    """
    UPDATE steps SET state = end_state, output = fin.output, error = fin.error,
      attempt = attempt + fin.attempt_change,
      ready_at = CASE end_state WHEN 0 THEN now() + fin.delay_ms * interval '1 ms'
        WHEN 1 THEN now() ELSE ready_at END,
      finished_at = CASE WHEN end_state IN (0, 1) THEN NULL ELSE now() END,
      is_suspect = is_suspect AND end_state = 1, claim_id = NULL, lease_until = NULL
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)),
      \(steps.map(\.state.rawValue)), \(steps.map(\.output?.bytes)),
      \(steps.map(\.error?.bytes)), \(steps.map { $0.delay.wholeMilliseconds }),
      \(steps.map { Int16($0.attemptChange) }), \(steps.map(\.job.uuid)))
      AS fin(id, claim_id, state, output, error, delay_ms, attempt_change, job_id)
    JOIN jobs ON jobs.id = fin.job_id
    CROSS JOIN LATERAL (
      SELECT CASE WHEN fin.state IN (0, 1) AND (jobs.cancel_at IS NOT NULL OR jobs.state >= 4)
        THEN 6::smallint ELSE fin.state END AS end_state
    ) AS settled
    WHERE steps.id = fin.id AND steps.state = 3 AND steps.claim_id = fin.claim_id
    RETURNING steps.id, fin.claim_id, steps.index, steps.turn, steps.call_id, steps.kind,
      steps.state, steps.started_at, steps.runs
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
    WHERE jobs.id = fin.id AND jobs.state < 4
    """
  }

  /// Inserts steps, and for the ready ones their outbox rows.
  public static func insert(_ steps: [NewStep]) -> SQL {
    """
    WITH step AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, rank, ready_at, input, error, created_at, finished_at)
      SELECT id, job_id, user_id, index, turn, call_id, kind, target, pool, priority, state,
        (extract(epoch FROM clock_timestamp()) * 1e6)::bigint, now(), input, error, now(),
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

  /// Marks a locked job as to be cancelled, audited, unless it is over or marked already.
  public static func markCancelled(_ job: JobID, by principal: Principal) -> SQL {
    """
    WITH marked AS (
      UPDATE jobs SET cancel_at = now()
      WHERE id = \(job.uuid) AND state < 4 AND cancel_at IS NULL
      RETURNING id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), 'job.cancel', id::text, 'done'
    FROM marked
    """
  }

  /// Cancels the steps of a locked job that nobody runs.
  /// Columns: `id, index, turn, target, runs`.
  public static func cancelWaiting(of job: JobID) -> SQL {
    """
    UPDATE steps SET state = 6, finished_at = now()
    WHERE job_id = \(job.uuid) AND state IN (0, 1, 2)
    RETURNING id, index, turn, target, runs
    """
  }

  /// Inserts events; a sequence that the job has already is a `uniqueViolation`.
  public static func insert(_ events: [NewEvent]) -> SQL {
    """
    INSERT INTO events (job_id, seq, at, type, step_id, step_state, attempt, position, length)
    SELECT job_id, seq, coalesce(at, now()), type, step_id, step_state, attempt, position, length
    FROM unnest(\(events.map(\.job.uuid)), \(events.map(\.sequence)), \(events.map(\.at)),
      \(events.map(\.type.rawValue)), \(events.map { $0.step?.uuid }),
      \(events.map { $0.stepState?.rawValue }), \(events.map { $0.attempt.map(Int32.init) }),
      \(events.map { $0.range.map { Int32($0.lowerBound) } }),
      \(events.map { $0.range.map { Int32($0.count) } }))
      AS t(job_id, seq, at, type, step_id, step_state, attempt, position, length)
    """
  }
}

extension Duration {
  /// Milliseconds, cut; bounded to what an Int32 holds.
  var wholeMilliseconds: Int32 {
    let (seconds, attoseconds) = components
    return Int32(
      clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue
        + attoseconds / 1_000_000_000_000_000)
  }
}
