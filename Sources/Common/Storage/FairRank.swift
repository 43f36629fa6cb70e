public import Postgres

/// Where a step stands in its lane: start-time fair queueing over the users who wait there.
///
/// A step's rank is its start tag: the later of the lane's present and of the end of the user's step
/// before it. Each step moves its user on by a cost, which is smaller the greater the weight. So a
/// user with 100,000 waiting steps delays another one by about one step. (Goyal, Vin, Cheng:
/// Start-Time Fair Queueing, 1996.)
///
/// A lane's present is its smallest ready rank. Where nothing is ready, it is the greatest rank that
/// runs, so that users who always have something running do not get ahead of newcomers; or the
/// clock, if that is later. Ranks count microseconds, so that those of an empty lane begin at the
/// clock's time.
public enum FairRank {
  /// What a step of a user of weight 1 costs.
  public static let cost: Int64 = 1_000_000

  /// What a step costs a user.
  ///
  /// - Parameter weight: From 1.
  public static func cost(weight: Int) -> Int64 { cost / Int64(max(1, weight)) }

  /// The CTE `flow`: where the next step of each user in each lane of some rows begins.
  ///
  /// - Parameter rows: The name of a CTE with `user_id`, `pool`, `priority` and `cost`. Code's own
  ///   text, as all of these.
  static func flow(of rows: String) -> SQL {
    SQL(
      unsafeRaw: """
        , flow AS MATERIALIZED (
          SELECT one.user_id, one.pool, one.priority, greatest(present.rank,
            (SELECT last.rank + one.cost FROM steps AS last
              WHERE last.user_id = one.user_id AND last.pool = one.pool
                AND last.priority = one.priority AND last.state IN (1, 3) AND NOT last.is_suspect
                AND last.rank > present.rank - one.cost
              ORDER BY last.rank DESC LIMIT 1)) AS base
          FROM (SELECT user_id, pool, priority, min(cost) AS cost FROM \(rows)
            GROUP BY user_id, pool, priority) AS one
          CROSS JOIN LATERAL (SELECT coalesce(
            (SELECT CASE WHEN floor.ready_at IS NULL THEN greatest(floor.rank, \(clock))
                ELSE floor.rank END
              FROM lane_floors AS floor
              WHERE floor.pool = one.pool AND floor.priority = one.priority),
            \(clock)) AS rank OFFSET 0) AS present
        )
        """)
  }

  /// The clock as a rank: an expression.
  private static let clock = "(extract(epoch FROM clock_timestamp()) * 1e6)::bigint"

  /// A row's rank, where ``flow(of:)`` is joined with ``join(_:)``: an expression.
  ///
  /// - Parameter order: By what a user's rows follow each other.
  static func rank(of rows: String, by order: String) -> SQL {
    SQL(
      unsafeRaw: """
        flow.base + (row_number() OVER (
          PARTITION BY \(rows).user_id, \(rows).pool, \(rows).priority ORDER BY \(rows).\(order))
          - 1) * \(rows).cost
        """)
  }

  /// `JOIN flow …` for the rows of ``flow(of:)``.
  static func join(_ rows: String) -> SQL {
    SQL(
      unsafeRaw: """
        JOIN flow ON flow.user_id = \(rows).user_id AND flow.pool = \(rows).pool
          AND flow.priority = \(rows).priority
        """)
  }

  /// Samples the smallest ready rank of each lane, and since when its step has been ready. Where
  /// nothing is ready (`ready_at` is `NULL`), the greatest rank that runs, if it is ahead of the
  /// clock. Suspects are left out: their ranks are old, and they run one at a time.
  ///
  /// - Parameters:
  ///   - pools, priorities: All lanes there are, as two lists of one length.
  ///   - sweeps: Whether to look at all ranks, not only at those from the last sample on, which
  ///     spares the walk over the index entries that claims left dead.
  public static func sample(
    pools: [String], priorities: [Int16], sweeps: Bool
  ) -> SQL {
    """
    WITH running AS MATERIALIZED (
      SELECT pool, priority, max(rank) FILTER (WHERE NOT is_suspect) AS rank FROM steps
      WHERE state = 3 AND rank > \(unsafeRaw: clock) GROUP BY pool, priority
    ), seen AS MATERIALIZED (
      SELECT lane.pool, lane.priority, floor.rank AS old_rank, floor.ready_at AS old_ready_at,
        coalesce(first.rank, (SELECT running.rank FROM running
          WHERE running.pool = lane.pool AND running.priority = lane.priority)) AS rank,
        first.ready_at
      FROM unnest(\(pools), \(priorities)) AS lane(pool, priority)
      LEFT JOIN lane_floors AS floor
        ON floor.pool = lane.pool AND floor.priority = lane.priority
      LEFT JOIN LATERAL (
        SELECT steps.rank, steps.ready_at FROM steps
        WHERE steps.pool = lane.pool AND steps.priority = lane.priority AND steps.state = 1
          AND NOT steps.is_suspect AND steps.rank >= CASE
            WHEN \(sweeps) OR floor.ready_at IS NULL THEN 0 ELSE coalesce(floor.rank, 0) END
        ORDER BY steps.rank, steps.id LIMIT 1) AS first ON true
    )
    INSERT INTO lane_floors AS floor (pool, priority, rank, ready_at)
    SELECT pool, priority, rank, ready_at FROM seen
    WHERE (rank, ready_at) IS DISTINCT FROM (old_rank, old_ready_at)
    ORDER BY pool, priority
    ON CONFLICT (pool, priority) DO UPDATE SET rank = EXCLUDED.rank, ready_at = EXCLUDED.ready_at
    """
  }
}
