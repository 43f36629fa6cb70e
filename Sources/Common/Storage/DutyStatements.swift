import FoundationEssentials
public import Jobs
public import Postgres

/// The statements of the duties: bounded batches that any node may run at any time.
public enum DutyStatements {
  /// The most rows that one batch touches.
  public static let batch: Int64 = 256

  // MARK: Relay

  /// Lanes that have tickets in the outbox: a look for each of them, however many tickets there are.
  private static let lane: SQL = """
    WITH RECURSIVE lane AS (
      (SELECT pool, priority FROM outbox ORDER BY pool, priority LIMIT 1)
      UNION ALL
      SELECT next.pool, next.priority FROM lane CROSS JOIN LATERAL (
        SELECT pool, priority FROM outbox
        WHERE (outbox.pool, outbox.priority) > (lane.pool, lane.priority)
        ORDER BY pool, priority LIMIT 1) AS next
    )
    """

  /// The lanes that have tickets in the outbox. Columns: `pool, priority`.
  public static let lanesWithTickets: SQL = "\(lane) SELECT pool, priority FROM lane"

  /// The lanes that have so many tickets in the outbox, or more. Columns: `pool, priority`.
  public static func crowdedLanes(limit: Int) -> SQL {
    """
    \(lane) SELECT pool, priority FROM lane WHERE \(Int64(limit)) <= (
      SELECT count(*) FROM (
        SELECT FROM outbox WHERE outbox.pool = lane.pool AND outbox.priority = lane.priority
        LIMIT \(Int64(limit))) AS bounded)
    """
  }

  /// Takes tickets that nobody confirmed in time, up to the limit of each lane, the oldest first, and
  /// keeps them from the other nodes for 15 s, which is longer than a confirm may take.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func leaseTickets(of lanes: [Lane], each limit: Int) -> SQL {
    """
    WITH due AS MATERIALIZED (
      SELECT ticket.step_id FROM unnest(\(lanes.map(\.pool.name)), \(lanes.map(\.priority.rawValue)))
        AS lane(pool, priority)
      CROSS JOIN LATERAL (
        SELECT step_id FROM outbox
        WHERE outbox.pool = lane.pool AND outbox.priority = lane.priority AND not_before <= now()
        ORDER BY not_before LIMIT \(Int64(limit)) FOR UPDATE SKIP LOCKED) AS ticket
    )
    UPDATE outbox SET not_before = now() + interval '15 s' FROM due
    WHERE outbox.step_id = due.step_id
    RETURNING outbox.step_id, outbox.job_id, outbox.pool, outbox.priority
    """
  }

  /// Forgets tickets that the broker has confirmed, in the order in which all lock them.
  public static func confirm(_ steps: [StepID]) -> SQL {
    "DELETE FROM outbox WHERE step_id = ANY(\(steps.sorted().map(\.uuid)))"
  }

  /// How many tickets the broker has not confirmed, counted up to the limit. Column: `count`.
  public static func outboxSize(limit: Int) -> SQL {
    "SELECT count(*) AS count FROM (SELECT 1 FROM outbox LIMIT \(Int64(limit))) AS bounded"
  }

  // MARK: Ready

  /// Makes due steps ready and puts their tickets into the outbox.
  /// Columns: `step_id, job_id, pool, priority`.
  public static var makeReady: SQL {
    """
    WITH due AS MATERIALIZED (
      SELECT id FROM steps WHERE state = 0 AND ready_at <= now()
      ORDER BY ready_at LIMIT \(batch) FOR UPDATE SKIP LOCKED
    )\(Promotion.rest(of: "due", from: .pending))
    """
  }

  // MARK: Reap

  /// Notes that the database answers. If no gateway has noted that for 5 s, nobody could rely on it
  /// meanwhile, and its steady time begins anew.
  /// Column: `is_steady`: whether it has answered for a whole lease.
  public static let watch: SQL = """
    INSERT INTO database_watch AS watch (steady_since, seen_at)
    VALUES (clock_timestamp(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = greatest(watch.seen_at, clock_timestamp()),
      steady_since = CASE WHEN watch.seen_at < clock_timestamp() - interval '5 s'
        THEN clock_timestamp() ELSE watch.steady_since END
    RETURNING steady_since <= clock_timestamp() - interval '15 s' AS is_steady
    """

  /// Begins the steady time anew: the database was slow, so renewals may have been, too.
  public static let unsteady: SQL =
    "UPDATE database_watch SET steady_since = clock_timestamp(), seen_at = clock_timestamp()"

  /// Steps whose lease has run out, all of a worker's together: while others of its leases hold,
  /// the worker lives and its lapsed ones wait until a renewal must have come. (Steps claimed
  /// between two renewals run out up to 5 s apart.)
  /// Columns: `id, job_id, claim_id, worker_id, target, is_suspect, crashes, has_come_back`:
  /// whether it ran before without using up an attempt; `is_overdue`: whether it has been so for half
  /// a minute.
  public static var lapsed: SQL {
    """
    SELECT id, job_id, claim_id, worker_id, target, is_suspect, crashes,
      runs > attempt AS has_come_back, lease_until < now() - interval '30 s' AS is_overdue
    FROM steps AS lapsed
    WHERE state = 3 AND lease_until < now() AND (lease_until < now() - interval '6 s'
      OR NOT EXISTS (SELECT FROM steps AS other WHERE other.state = 3
        AND other.worker_id = lapsed.worker_id AND other.lease_until >= now()))
    LIMIT \(batch)
    """
  }

  /// Locks lapsed steps whose claim is still the one that was seen.
  /// Columns: as of ``lapsed``.
  public static func lockLapsed(_ steps: [(step: StepID, claim: ClaimID)]) -> SQL {
    """
    SELECT steps.id, job_id, steps.claim_id, worker_id, target, is_suspect, crashes,
      runs > attempt AS has_come_back, lease_until < now() - interval '30 s' AS is_overdue
    FROM steps JOIN unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)))
      AS seen(id, claim_id) ON steps.id = seen.id AND steps.claim_id = seen.claim_id
    WHERE state = 3 AND lease_until < now() ORDER BY steps.id FOR UPDATE OF steps
    """
  }

  /// Writes the crash accounting of lapsed steps before they are closed.
  public static func mark(_ steps: [(step: StepID, isSuspect: Bool, crashes: Int)]) -> SQL {
    """
    UPDATE steps SET is_suspect = seen.is_suspect, crashes = seen.crashes
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.isSuspect)),
      \(steps.map { Int16($0.crashes) })) AS seen(id, is_suspect, crashes)
    WHERE steps.id = seen.id
    """
  }

  // MARK: Expire

  /// Some jobs that are not over by their deadline, or have not started in time.
  /// Columns: `id, is_late`: whether it is the deadline that has passed.
  public static var expiring: SQL {
    """
    SELECT id, coalesce(deadline_at <= now(), false) AS is_late FROM jobs
    WHERE expires_at <= now() AND cancel_at IS NULL AND state < 4
      AND (deadline_at <= now() OR started_at IS NULL AND NOT EXISTS (
        SELECT FROM steps WHERE steps.job_id = jobs.id AND steps.runs > 0))
    ORDER BY expires_at LIMIT \(batch)
    """
  }

  /// Whether a locked job still has to be stopped. A row if so.
  public static func isExpired(_ job: JobID) -> SQL {
    """
    SELECT 1 AS expired FROM jobs WHERE id = \(job.uuid) AND (deadline_at <= now()
      OR start_by <= now() AND started_at IS NULL AND NOT EXISTS (
        SELECT FROM steps WHERE steps.job_id = jobs.id AND steps.runs > 0))
    """
  }

  /// Jobs that started in time are looked at again at their deadline.
  public static var postpone: SQL {
    """
    UPDATE jobs SET expires_at = deadline_at WHERE id IN (
      SELECT id FROM jobs WHERE expires_at <= now() AND expires_at = start_by
        AND start_by IS DISTINCT FROM deadline_at
        AND (started_at IS NOT NULL OR EXISTS (
          SELECT FROM steps WHERE steps.job_id = jobs.id AND steps.runs > 0))
      LIMIT \(batch) FOR UPDATE SKIP LOCKED)
    """
  }

  // MARK: Unique

  /// Frees unique keys whose period is over.
  public static var forgetUniqueKeys: SQL {
    """
    UPDATE jobs SET unique_key = NULL WHERE id IN (
      SELECT id FROM jobs WHERE unique_until <= now() AND unique_key IS NOT NULL
        AND unique_until IS NOT NULL
      LIMIT \(batch) FOR UPDATE SKIP LOCKED)
    """
  }

  // MARK: Depth

  /// Ready steps and unconfirmed tickets by lane. Columns: `pool, priority, ready, unconfirmed`.
  public static var depths: SQL {
    """
    SELECT pool, priority, sum(ready)::bigint AS ready, sum(unconfirmed)::bigint AS unconfirmed
    FROM (
      SELECT pool, priority, count(*) AS ready, 0 AS unconfirmed FROM steps
        WHERE state = 1 AND NOT is_suspect
        GROUP BY pool, priority
      UNION ALL
      SELECT pool, priority, 0, count(*) FROM outbox GROUP BY pool, priority
    ) AS counts GROUP BY pool, priority
    """
  }

  /// Some ready steps of a lane, to name in tickets that make up for lost ones.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func readySteps(of lane: Lane, limit: Int) -> SQL {
    """
    SELECT id AS step_id, job_id, pool, priority FROM steps
    WHERE pool = \(lane.pool.name) AND priority = \(lane.priority.rawValue) AND state = 1
    ORDER BY rank, id LIMIT \(Int64(limit))
    """
  }

  // MARK: Retain

  /// Frees the idempotency keys of jobs after 24 h; see also ``BatchStatements/forgetKeys``.
  public static var forgetKeys: SQL {
    """
    UPDATE jobs SET idempotency_key = NULL WHERE id IN (
      SELECT id FROM jobs WHERE idempotency_key IS NOT NULL
        AND created_at < now() - interval '24 hours'
      LIMIT \(batch) FOR UPDATE SKIP LOCKED)
    """
  }

  /// Makes the partitions of the coming weeks. Column: `made`.
  public static var makePartitions: SQL {
    "SELECT make_partitions(now() + interval '5 weeks') AS made"
  }

  /// Removes workers that were not seen for a day.
  public static var forgetWorkers: SQL {
    "DELETE FROM workers WHERE seen_at < now() - interval '1 day'"
  }
}

/// The rows of ``DutyStatements`` that name a step's ticket.
public struct TicketRow: Sendable, Hashable {
  /// The step that the ticket names.
  public let step: StepID
  /// The step's job.
  public let job: JobID
  /// Where the ticket belongs.
  public let lane: Lane

  /// The lane of a row with `pool` and `priority`.
  public static func lane(_ row: Row) throws(PostgresError) -> Lane { try row.lane() }

  /// Reads `step_id, job_id, pool, priority`.
  public init(_ row: Row) throws(PostgresError) {
    step = StepID(try row.decode("step_id", as: UUID.self))
    job = JobID(try row.decode("job_id", as: UUID.self))
    lane = try row.lane()
  }
}

/// How many steps of a lane wait, and how many of their tickets the broker has not confirmed.
public struct LaneDepth: Sendable, Hashable {
  /// Only lanes where something waits have a row.
  public let lane: Lane
  /// Steps that may be claimed, crash suspects among them; 0 or more.
  public let ready: Int
  /// Tickets in the outbox; 0 or more, also of steps that are claimed by now.
  public let unconfirmed: Int

  /// - Parameter unconfirmed: Tickets in the outbox.
  public init(lane: Lane, ready: Int, unconfirmed: Int) {
    self.lane = lane
    self.ready = ready
    self.unconfirmed = unconfirmed
  }

  /// Reads one row of ``DutyStatements/depths``.
  public init(_ row: Row) throws(PostgresError) {
    lane = try row.lane()
    ready = Int(try row.decode("ready", as: Int64.self))
    unconfirmed = Int(try row.decode("unconfirmed", as: Int64.self))
  }
}
