import FoundationEssentials
public import Jobs
public import Postgres
import Security

/// The transaction that ends attempts: lock the jobs, close the steps behind the fence, then
/// write what follows. Finish, reap and cancel share it.
public enum FinishStatements {
  /// Locks the jobs' rows in id order.
  ///
  /// - Parameter skipsLocked: Whether those that others have locked are left out, not waited for.
  public static func lock(_ jobs: some Collection<JobID>, skipsLocked: Bool = false) -> SQL {
    """
    SELECT id, user_id, priority, state, cancel_at IS NOT NULL AS is_stopping, stop_code, open,
      next_index, last_seq, started_at IS NOT NULL AS has_started, target, reply_key, weight,
      depth, parent_step_id IS NOT NULL AS is_child, delegations, session,
      batch_id
    FROM jobs WHERE id = ANY(\(jobs.sorted().map(\.uuid))) ORDER BY id
    FOR UPDATE \(unsafeRaw: skipsLocked ? "SKIP LOCKED" : "")
    """
  }

  /// Bounds each wait for a lock in the rest of the transaction by one second.
  public static let impatient: SQL = "SELECT set_config('lock_timeout', '1s', true)"

  /// Closes the steps whose claim still holds; answers `id, claim_id, index, turn, call_id, kind,
  /// state, started_at, runs` of those alone. A step of a cancelled or finished job is never made
  /// `pending` or `ready`. Rows are locked in the order of their ids, as renewing leases does.
  public static func close(_ steps: [StepClose]) -> SQL {
    close(ordered: steps.sorted { $0.step < $1.step })
  }

  private static func close(ordered steps: [StepClose]) -> SQL {
    """
    UPDATE steps SET state = end_state, output = fin.output, error = fin.error,
      priority = CASE WHEN end_state IN (0, 1) THEN jobs.priority ELSE steps.priority END,
      attempt = attempt + fin.attempt_change, error_class = fin.error_class,
      error_code = fin.error_code,
      ready_at = CASE end_state WHEN 0 THEN now() + fin.delay_ms * interval '1 ms'
        WHEN 1 THEN now() ELSE ready_at END,
      finished_at = CASE WHEN end_state IN (0, 1) THEN NULL ELSE now() END,
      is_suspect = is_suspect AND end_state = 1, claim_id = NULL, lease_until = NULL
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)),
      \(steps.map(\.state.rawValue)), \(steps.map(\.output?.bytes)),
      \(steps.map(\.error?.bytes)), \(steps.map { $0.delay.wholeMilliseconds }),
      \(steps.map { Int16($0.attemptChange) }), \(steps.map(\.job.uuid)),
      \(steps.map { $0.failure?.class.rawValue }), \(steps.map { $0.failure?.code }))
      AS fin(id, claim_id, state, output, error, delay_ms, attempt_change, job_id, error_class,
        error_code)
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
      result = fin.result, error = fin.error, delegations = fin.delegations,
      finished_at = CASE WHEN fin.state >= 4 THEN now() END,
      expires_at = CASE WHEN fin.state < 4 THEN expires_at END,
      unique_key = CASE WHEN fin.state < 4 OR unique_until > now() THEN unique_key END
    FROM unnest(\(jobs.map(\.job.id.uuid)), \(jobs.map(\.job.state.rawValue)),
      \(jobs.map { Int32($0.job.open) }), \(jobs.map { Int32($0.job.nextIndex) }),
      \(jobs.map(\.job.lastSequence)), \(jobs.map(\.startedAt)),
      \(jobs.map(\.result?.bytes)), \(jobs.map(\.error?.bytes)),
      \(jobs.map { Int32($0.job.delegations) }))
      AS fin(id, state, open, next_index, last_seq, started_at, result, error, delegations)
    WHERE jobs.id = fin.id AND jobs.state < 4
    """
  }

  /// Inserts steps, and for the ready ones their outbox rows.
  public static func insert(_ steps: [NewStep]) -> SQL {
    """
    WITH new AS MATERIALIZED (
      SELECT t.*, \(unsafeRaw: String(FairRank.cost)) / weight AS cost
      FROM unnest(\(steps.map(\.id.uuid)), \(steps.map(\.job.uuid)), \(steps.map(\.user.uuid)),
        \(steps.map { Int32($0.index) }), \(steps.map { $0.turn.map(Int32.init) }),
        \(steps.map(\.callID)), \(steps.map(\.kind.rawValue)), \(steps.map(\.target.description)),
        \(steps.map(\.pool.name)), \(steps.map(\.priority.rawValue)),
        \(steps.map(\.state.rawValue)), \(steps.map(\.input?.bytes)),
        \(steps.map(\.error?.bytes)), \(steps.map(\.heldBy?.description)),
        \(steps.map { Int16($0.weight) }))
        AS t(id, job_id, user_id, index, turn, call_id, kind, target, pool, priority, state,
          input, error, held_by, weight)
    )\(FairRank.flow(of: "new")), step AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, rank, ready_at, input, error, held_by, created_at, finished_at)
      SELECT id, job_id, new.user_id, index, turn, call_id, kind, target, new.pool, new.priority,
        state, \(FairRank.rank(of: "new", by: "index")), now(), input, error, held_by, now(),
        CASE WHEN state = 5 THEN now() END
      FROM new \(FairRank.join("new"))
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
    WHERE id = ANY(\(steps.map(\.uuid))) ORDER BY id
    ON CONFLICT (step_id) DO UPDATE SET pool = EXCLUDED.pool, priority = EXCLUDED.priority,
      not_before = EXCLUDED.not_before
    """
  }

  /// Cancels what a finished job left unfinished and unclaimed, and forgets the signals for which it
  /// waited.
  public static func cancelRemaining(of jobs: [JobID]) -> SQL {
    """
    WITH forgotten AS (DELETE FROM signal_waits WHERE job_id = ANY(\(jobs.map(\.uuid))))
    UPDATE steps SET state = 6, finished_at = now()
    WHERE job_id = ANY(\(jobs.map(\.uuid))) AND state IN (0, 1, 2)
    """
  }

  /// Marks a locked job as to be stopped, audited, unless it is over or marked already.
  ///
  /// - Parameter principal: Who wants it; `nil` when nobody in particular does.
  public static func mark(_ job: JobID, _ stop: JobStop, by principal: Principal?) -> SQL {
    """
    WITH marked AS (
      UPDATE jobs SET cancel_at = now(), stop_code = \(stop.code)
      WHERE id = \(job.uuid) AND state < 4 AND cancel_at IS NULL
      RETURNING id, user_id
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT coalesce(\(principal?.user.uuid)::uuid, user_id), \(principal?.token.uuid)::uuid,
      \(stop.state == .expired ? "job.expire" : "job.cancel"), id::text, 'done'
    FROM marked
    """
  }

  /// Cancels the steps of a locked job that nobody runs, and forgets the signals for which it waited.
  /// Columns: `id, index, turn, target, runs`.
  public static func cancelWaiting(of job: JobID) -> SQL {
    """
    WITH forgotten AS (DELETE FROM signal_waits WHERE job_id = \(job.uuid))
    UPDATE steps SET state = 6, finished_at = now()
    WHERE job_id = \(job.uuid) AND state IN (0, 1, 2)
    RETURNING id, index, turn, target, runs
    """
  }

  /// Inserts events; a sequence that the job has already is a `uniqueViolation`.
  public static func insert(_ events: [NewEvent]) -> SQL {
    // Few tell of a failure, and the others need not carry a column of NULL.
    events.contains { $0.failure != nil } ? insertFailing(events) : insertPlain(events)
  }

  private static func insertFailing(_ events: [NewEvent]) -> SQL {
    """
    INSERT INTO events (job_id, seq, at, type, step_id, step_state, attempt, position, length,
      content)
    SELECT job_id, seq, coalesce(at, now()), type, step_id, step_state, attempt, position, length,
      content
    FROM unnest(\(events.map(\.job.uuid)), \(events.map(\.sequence)), \(events.map(\.at)),
      \(events.map(\.type.rawValue)), \(events.map { $0.step?.uuid }),
      \(events.map { $0.stepState?.rawValue }), \(events.map { $0.attempt.map(Int32.init) }),
      \(events.map { $0.range.map { Int32($0.lowerBound) } }),
      \(events.map { $0.range.map { Int32($0.count) } }), \(events.map(\.failure?.bytes)))
      AS t(job_id, seq, at, type, step_id, step_state, attempt, position, length, content)
    """
  }

  private static func insertPlain(_ events: [NewEvent]) -> SQL {
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
