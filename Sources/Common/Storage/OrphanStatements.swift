public import FoundationEssentials
public import Jobs
public import Postgres

/// The search for orphans: jobs that are not over although nothing of them will ever run.
///
/// `jobs` has no index on its state, as finishing must not pay for one, so the search walks the
/// primary key. It begins where the last walk has met its first live job: what lies before is over
/// for good. Its place lies in the one row of `orphan_sweep`, where all nodes take their turns.
public enum OrphanStatements {
  /// The most jobs that one batch walks over.
  public static let batch: Int64 = 4096
  /// The most ids of orphans that are kept.
  public static let shown = 20

  /// Takes the next batch, if it is time and nobody else has it; one that does not give it back
  /// within a minute has lost it. Columns: `position, orphan_jobs`: behind which job to go on, and
  /// the orphans of the last walk. No row when there is nothing to do now.
  public static func take(_ claim: UUID) -> SQL {
    """
    UPDATE orphan_sweep SET claim_id = \(claim), next_at = now() + interval '1 min'
    WHERE is_only AND next_at <= now() AND is_only IN (
      SELECT is_only FROM orphan_sweep WHERE is_only AND next_at <= now() FOR UPDATE SKIP LOCKED)
    RETURNING position, orphan_jobs
    """
  }

  /// Walks on. Jobs younger than a minute are passed over.
  /// Columns: `walked, last, seen, first_live, suspects`: how many jobs were walked over, and the
  /// last of them; how many of them are not over, and the first of those; which of them look like
  /// orphans, in the order of their ids. `last` and `first_live` are `NULL` where there is none.
  public static func walk(after position: JobID) -> SQL {
    """
    WITH walked AS MATERIALIZED (
      SELECT id, state, open, created_at FROM jobs WHERE id > \(position.uuid)
      ORDER BY id LIMIT \(batch)
    ), live AS MATERIALIZED (
      SELECT id, open FROM walked
      WHERE state < 4 AND created_at < now() - interval '1 min'
    ), suspect AS MATERIALIZED (SELECT id FROM live WHERE \(isOrphan("live")))
    SELECT (SELECT count(*) FROM walked) AS walked,
      (SELECT id FROM walked ORDER BY id DESC LIMIT 1) AS last,
      (SELECT count(*) FROM live) AS seen,
      (SELECT id FROM live ORDER BY id LIMIT 1) AS first_live,
      (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM suspect) AS suspects
    """
  }

  /// Which of the jobs, whose rows are locked, are orphans indeed. Column: `id`, in order.
  ///
  /// Behind the locks nobody moves their steps, and a statement of its own sees what was committed
  /// by those who held them before.
  public static func confirm(_ suspects: [JobID]) -> SQL {
    """
    SELECT id FROM jobs WHERE id = ANY(\(suspects.map(\.uuid))) AND state < 4
      AND \(isOrphan("jobs")) ORDER BY id
    """
  }

  /// Whether a job's `open` is 0 or not the number of its steps that will or do run.
  private static func isOrphan(_ job: String) -> SQL {
    """
    (\(unsafeRaw: job).open = 0 OR \(unsafeRaw: job).open <> (
      SELECT count(*) FROM steps
      WHERE steps.job_id = \(unsafeRaw: job).id AND steps.state IN (0, 1, 2, 3)))
    """
  }

  /// Gives a batch back, unless another node has taken it meanwhile; the next one may follow after a
  /// second.
  public static func proceed(
    _ claim: UUID, to last: JobID, firstLive: JobID?, seen: Int, orphans: [JobID]
  ) -> SQL {
    """
    UPDATE orphan_sweep SET next_at = now() + interval '1 s', claim_id = NULL,
      position = \(last.uuid), first_live = coalesce(first_live, \(firstLive?.uuid)::uuid),
      seen = seen + \(Int64(seen)), found = found + \(Int64(orphans.count)),
      found_jobs = \(firstFound(orphans))
    WHERE is_only AND claim_id = \(claim)
    """
  }

  /// The same at the end of the walk: what it has seen is the report now. The next one begins after a
  /// minute, at the first live job of this one, but an hour back at least: a job may be committed
  /// later than its id says.
  public static func conclude(
    _ claim: UUID, firstLive: JobID?, seen: Int, orphans: [JobID]
  ) -> SQL {
    """
    UPDATE orphan_sweep SET next_at = now() + interval '1 min', claim_id = NULL,
      looked_at = seen + \(Int64(seen)), orphans = found + \(Int64(orphans.count)),
      orphan_jobs = \(firstFound(orphans)), swept_at = now(),
      position = least(uuid_at(now() - interval '1 hour'),
        -- The smallest id of its millisecond, which comes before it.
        (left(coalesce(first_live, \(firstLive?.uuid)::uuid)::text, 13) || '-0000-0000-000000000000')::uuid),
      first_live = NULL, seen = 0, found = 0, found_jobs = '{}'
    WHERE is_only AND claim_id = \(claim)
    """
  }

  private static func firstFound(_ orphans: [JobID]) -> SQL {
    "(found_jobs || \(orphans.prefix(shown).map(\.uuid)))[1:\(Int32(shown))]"
  }

  /// What the last whole walk has told. Columns: `looked_at, orphans, orphan_jobs, swept_at`; no row
  /// before the first has ended.
  public static let report: SQL = """
    SELECT looked_at, orphans, orphan_jobs, swept_at FROM orphan_sweep
    WHERE is_only AND swept_at IS NOT NULL
    """
}
