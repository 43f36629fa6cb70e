import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// Text that a running turn has written and no event has stored.
public struct NewText: Sendable {
  /// The turn; a job has one at a time.
  public let step: StepID
  /// Its job.
  public let job: JobID
  /// The fence: without this claim on the step nothing is written.
  public let claim: ClaimID
  /// Which run of the step wrote it.
  public let run: Int
  /// Where it lies in the turn's text, in bytes.
  public let range: Range<Int>
  /// Sealed for ``SealedContent/Column/eventText`` at its place in the text.
  public let content: Sealed

  /// `content` holds exactly the bytes of `range`.
  public init(
    step: StepID, job: JobID, claim: ClaimID, run: Int, range: Range<Int>, content: Sealed
  ) {
    self.step = step
    self.job = job
    self.claim = claim
    self.run = run
    self.range = range
    self.content = content
  }
}

/// Writing the text of running turns, and reading histories.
public enum EventStatements {
  /// The most events of one page.
  public static let page = 200
  /// The most text of one page, in bytes, unless its first event has more.
  public static let pageBytes = 64 << 10
  /// The most text of one event, in bytes.
  public static let eventBytes = 32 << 10

  /// Stores text as events of jobs whose rows are locked, behind the fence of each claim.
  /// Columns: `step_id, job_id, seq`, of those that were stored.
  public static func insert(_ texts: [NewText]) -> SQL {
    """
    WITH held AS (
      SELECT t.* FROM unnest(\(texts.map(\.step.uuid)), \(texts.map(\.job.uuid)),
        \(texts.map(\.claim.uuid)), \(texts.map { Int32($0.run) }),
        \(texts.map { Int32($0.range.lowerBound) }), \(texts.map { Int32($0.range.count) }),
        \(texts.map(\.content.bytes)))
        AS t(step_id, job_id, claim_id, run, position, length, content)
      JOIN steps ON steps.id = t.step_id AND steps.state = 3 AND steps.claim_id = t.claim_id
    ), counted AS (
      UPDATE jobs SET last_seq = last_seq + 1 FROM held
      WHERE jobs.id = held.job_id AND jobs.state < 4
      RETURNING held.step_id, jobs.id AS job_id, jobs.last_seq
    )
    INSERT INTO events (job_id, seq, at, type, step_id, attempt, position, length, content)
    SELECT counted.job_id, counted.last_seq, now(), \(EventType.delta.rawValue), held.step_id,
      held.run, held.position, held.length, held.content
    FROM counted JOIN held USING (step_id)
    RETURNING step_id, job_id, seq
    """
  }

  /// Notes that jobs whose rows are locked have started with these steps, behind the fence of each
  /// claim, unless it was noted before. Columns: `job_id, seq`, of those that were noted now.
  public static func start(_ steps: [(step: StepID, job: JobID, claim: ClaimID)]) -> SQL {
    """
    WITH held AS (
      SELECT steps.id, steps.job_id, steps.started_at
      FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid))) AS t(step_id, claim_id)
      JOIN steps ON steps.id = t.step_id AND steps.state = 3 AND steps.claim_id = t.claim_id
    ), counted AS (
      UPDATE jobs SET last_seq = last_seq + 1, started_at = held.started_at FROM held
      WHERE jobs.id = held.job_id AND jobs.state < 4 AND jobs.started_at IS NULL
      RETURNING jobs.id AS job_id, jobs.last_seq, held.id AS step_id, held.started_at
    )
    INSERT INTO events (job_id, seq, at, type, step_id)
    SELECT job_id, last_seq, started_at, \(EventType.started.rawValue), step_id FROM counted
    RETURNING job_id, seq
    """
  }

  /// Where a user's job stands. Columns: `last_seq, is_final, reply_key`; no row for another's.
  public static func head(of job: JobID, user: UserID) -> SQL {
    """
    SELECT last_seq, state >= 4 AS is_final, reply_key FROM jobs
    WHERE id = \(job.uuid) AND user_id = \(user.uuid)
    """
  }

  /// How far the text of each turn goes in the events up to a seq.
  /// Columns: `step_id, attempt, reach`.
  public static func reach(of job: JobID, upTo sequence: Int64) -> SQL {
    """
    SELECT step_id, attempt, max(position + length) AS reach FROM events
    WHERE job_id = \(job.uuid) AND seq <= \(sequence) AND type = \(EventType.delta.rawValue)
    GROUP BY step_id, attempt
    """
  }

  /// The events of a job after a seq, in order, as many as a page holds.
  public static func events(of job: JobID, after sequence: Int64) -> SQL {
    """
    SELECT event.*, step.index, step.kind, step.target,
      CASE WHEN event.content IS NULL AND event.type = \(EventType.delta.rawValue)
        THEN step.output END AS output
    FROM (
      SELECT *, sum(coalesce(length, 0)) OVER (ORDER BY seq) AS bytes FROM events
      WHERE job_id = \(job.uuid) AND seq > \(sequence)
      ORDER BY seq LIMIT \(Int64(page))
    ) AS event LEFT JOIN steps AS step ON step.id = event.step_id
    WHERE event.bytes <= \(Int64(pageBytes)) OR event.seq = \(sequence) + 1
    ORDER BY event.seq
    """
  }

  /// The failed attempts at the steps of a job, in order; not those of steps that never ran, such as
  /// delegations. Columns: `step_id, step_state, attempt, at, content`.
  public static func failures(of job: JobID) -> SQL {
    """
    SELECT step_id, step_state, attempt, at, content FROM events
    WHERE job_id = \(job.uuid) AND type = \(EventType.step.rawValue) AND content IS NOT NULL
      AND attempt IS NOT NULL
    ORDER BY seq
    """
  }

  /// The stored text of one run of a turn. Columns: `position, content`, in order.
  public static func text(of step: StepID, job: JobID, run: Int) -> SQL {
    """
    SELECT position, content FROM events
    WHERE job_id = \(job.uuid) AND type = \(EventType.delta.rawValue)
      AND step_id = \(step.uuid) AND attempt = \(Int32(run)) AND content IS NOT NULL
    ORDER BY seq
    """
  }
}
