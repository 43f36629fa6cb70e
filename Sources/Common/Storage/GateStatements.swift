import FoundationEssentials
public import Jobs
public import Postgres

/// Limits and pauses: reading them, and what they do to steps.
///
/// A limit has as many slots. A slot is free when its step does not run under its claim, so that
/// one whose worker died, or that was taken back, leaks nothing.
public enum GateStatements {
  /// Columns: `key, maximum`, of all limits.
  public static let limits: SQL = "SELECT key, maximum FROM limits"

  /// Columns: `key`, of what is paused now.
  public static let pauses: SQL =
    "SELECT key FROM pauses WHERE expires_at IS NULL OR expires_at > now()"

  /// Lanes whose first step has waited for longer than its pool should let it.
  /// Columns: `pool, priority, times`: how many times as long, 3 at most.
  public static let late: SQL = """
    SELECT floor.pool, floor.priority, least(3, floor(
      extract(epoch FROM clock_timestamp() - floor.ready_at) * 1000 / pools.target_wait_ms))::int AS times
    FROM pools JOIN lane_floors AS floor ON floor.pool = pools.name
    WHERE pools.target_wait_ms IS NOT NULL AND floor.rank IS NOT NULL
      AND floor.ready_at < clock_timestamp() - pools.target_wait_ms * interval '1 ms'
    """

  /// Takes slots for claimed steps: for each step all that it needs, or none.
  /// Columns: `step_id, missing`: the key of which it got none, `NULL` when it has all.
  public static func take(
    _ wants: [(step: StepID, claim: ClaimID, limits: [(key: GateKey, maximum: Int)])]
  ) -> SQL {
    let rows = wants.flatMap { want in
      want.limits.map { (want.step, want.claim, $0.key, $0.maximum) }
    }
    return """
      SELECT step_id, take_slots(step_id, claim_id, keys, maxima) AS missing FROM (
        SELECT step_id, claim_id, array_agg(key ORDER BY place) AS keys,
          array_agg(maximum ORDER BY place) AS maxima
        FROM unnest(\(rows.map(\.0.uuid)), \(rows.map(\.1.uuid)), \(rows.map(\.2.description)),
          \(rows.map { Int32($0.3) })) WITH ORDINALITY AS t(step_id, claim_id, key, maximum, place)
        GROUP BY step_id, claim_id ORDER BY min(place)) AS wants
      """
  }

  /// Holds claimed steps that have not begun, as if they had not been claimed; not those of jobs
  /// that are over or shall be. The rows of their jobs are locked, and their priority counts from
  /// here on.
  /// Column: `id`, of those that are held now.
  public static func hold(
    _ steps: [(step: StepID, claim: ClaimID, reason: HoldReason)]
  ) -> SQL {
    """
    UPDATE steps SET state = 2, held_by = wanted.reason, claim_id = NULL, worker_id = NULL,
      lease_until = NULL, attempt = attempt - 1, runs = runs - 1,
      started_at = CASE WHEN runs > 1 THEN steps.started_at END, priority = jobs.priority
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)),
      \(steps.map(\.reason.description))) AS wanted(id, claim_id, reason), jobs
    WHERE steps.id = wanted.id AND steps.state = 3 AND steps.claim_id = wanted.claim_id
      AND jobs.id = steps.job_id AND jobs.state < 4 AND jobs.cancel_at IS NULL
    RETURNING steps.id
    """
  }

  /// Makes the best held steps of limits ready, one for each time that a key is named.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func promote(_ keys: [GateKey]) -> SQL {
    let counts = Dictionary(keys.map { ($0.description, Int64(1)) }, uniquingKeysWith: +)
      .sorted { $0.key < $1.key }
    let chosen: SQL = """
      SELECT step.id FROM unnest(\(counts.map { "limit:" + $0.key }), \(counts.map(\.value)))
        AS freed(reason, count)
      CROSS JOIN LATERAL (
        SELECT id FROM steps WHERE state = 2 AND held_by = freed.reason
        ORDER BY priority, rank, id LIMIT freed.count FOR UPDATE SKIP LOCKED) AS step
      """
    return promote(chosen)
  }

  /// Makes some of the steps ready that one pause holds.
  /// Columns: `step_id, job_id, pool, priority`.
  public static func promote(paused key: GateKey) -> SQL {
    promote(
      """
      SELECT id FROM steps WHERE state = 2 AND held_by = \(HoldReason.pause(key.description).description)
      ORDER BY priority, rank, id LIMIT 1024 FOR UPDATE SKIP LOCKED
      """)
  }

  /// The same for whatever limits or pauses hold although they do not any more: pauses that have
  /// ended, and limits with free slots. Columns: `step_id, job_id, pool, priority`.
  public static let promoteFree: SQL = promote(
    """
    SELECT step.id FROM free_holds() AS free(reason, count)
    CROSS JOIN LATERAL (
      SELECT id FROM steps WHERE state = 2 AND held_by = free.reason
      ORDER BY priority, rank, id LIMIT free.count FOR UPDATE SKIP LOCKED) AS step
    """)

  private static func promote(_ chosen: SQL) -> SQL {
    """
    WITH chosen_steps AS MATERIALIZED (
      \(chosen)
    )\(Promotion.rest(of: "chosen_steps", keepsRank: true))
    """
  }

  /// Forgets pauses that have ended.
  public static let forgetPauses: SQL = "DELETE FROM pauses WHERE expires_at <= now()"
}
