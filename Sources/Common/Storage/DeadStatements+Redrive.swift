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

extension DeadStatements {
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
  /// over; the dead ones are ready anew, or held where the job joins a session with a live job.
  ///
  /// Columns: `step_id, job_id, pool, priority, state`, of the steps that are done again: those that
  /// are `ready` have a ticket.
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
        step_timeout_ms, idle_timeout_ms, max_attempts, delegations, webhook_id, session,
        wait_for, wait_for_ms, deadline_ms)
      SELECT \(job.uuid), user_id, coalesce(\(token?.uuid)::uuid, token_id), \(job.uuid), target,
        new_priority, CASE WHEN \(taken.isEmpty) THEN 1 ELSE 3 END, \(Int32(again.count)),
        (SELECT max(steps.index) + 1 FROM steps
          WHERE steps.id = ANY(\((taken.map(\.old) + again.map(\.old)).map(\.uuid)))),
        1, grants, \(replyKey), '', \(input.bytes), weight, id, id, now(), step_timeout_ms,
        idle_timeout_ms, max_attempts, 0, webhook_id, session,
        -- For whoever does this one again from its beginning.
        wait_for, wait_for_ms, deadline_ms
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
    ), stored AS MATERIALIZED (
      SELECT \(job.uuid)::uuid AS id, user_id, session, 0 AS place FROM source
    )\(SessionStatements.join), new AS MATERIALIZED (
      SELECT again.id, dead.user_id, dead.pool, source.new_priority AS priority, dead.index,
        dead.turn, dead.call_id, dead.kind, dead.target, again.input, placed.is_held,
        \(unsafeRaw: String(FairRank.cost)) / source.weight AS cost
      FROM unnest(\(again.map(\.old.uuid)), \(again.map(\.id.uuid)), \(again.map(\.input?.bytes)))
        AS again(old_id, id, input) JOIN steps AS dead ON dead.id = again.old_id
        CROSS JOIN source CROSS JOIN placed
    )\(FairRank.flow(of: "new")), step AS (
      INSERT INTO steps (id, job_id, user_id, index, turn, call_id, kind, target, pool, priority,
        state, held_by, rank, ready_at, input, created_at)
      SELECT id, \(job.uuid), new.user_id, index, turn, call_id, kind, target, new.pool,
        new.priority, CASE WHEN is_held THEN 2 ELSE 1 END, CASE WHEN is_held THEN 'session' END,
        \(FairRank.rank(of: "new", by: "index")), now(), input, now()
      FROM new \(FairRank.join("new"))
      RETURNING id, job_id, pool, priority, state
    ), event AS (
      INSERT INTO events (job_id, seq, at, type)
      SELECT \(job.uuid), 1, now(), \(EventType.queued.rawValue) FROM source
    ), ticket AS (
      INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
      SELECT id, job_id, pool, priority, now() + interval '5 s' FROM step WHERE state = 1
    )
    SELECT id AS step_id, job_id, pool, priority, state FROM step
    """
  }
}
