import Jobs
import Postgres

/// Making steps ready that were held or pending: they get a place in their lane as if they had come
/// to be now, and a ticket.
enum Promotion {
  /// What follows a list of CTEs, one of which has the ids of the steps.
  ///
  /// - Parameters:
  ///   - name: The CTE's name; code's own text.
  ///   - state: What the steps are; those that are something else by now are left alone.
  ///   - keepsRank: Whether they keep their place, as steps that had been claimed before do.
  static func rest(
    of name: String, from state: StepState = .held, keepsRank: Bool = false
  ) -> SQL {
    keepsRank ? kept(name) : placed(name, state)
  }

  private static let ring: SQL = """
    INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
    SELECT id, job_id, pool, priority, now() + interval '5 s' FROM promoted
    -- In one order, as whoever forgets confirmed tickets locks many of these rows as well.
    ORDER BY id
    ON CONFLICT (step_id) DO UPDATE SET pool = EXCLUDED.pool, priority = EXCLUDED.priority,
      not_before = EXCLUDED.not_before
    RETURNING step_id, job_id, pool, priority
    """

  private static func kept(_ name: String) -> SQL {
    """
    , promoted AS (
      UPDATE steps SET state = 1, held_by = NULL, ready_at = now()
      FROM \(unsafeRaw: name) AS chosen WHERE steps.id = chosen.id AND steps.state = 2
      RETURNING steps.id, steps.job_id, steps.pool, steps.priority
    )
    \(ring)
    """
  }

  private static func placed(_ name: String, _ state: StepState) -> SQL {
    """
    , chosen AS MATERIALIZED (
      SELECT held.id, held.user_id, held.pool, held.priority,
        \(unsafeRaw: String(FairRank.cost)) / jobs.weight AS cost
      FROM \(unsafeRaw: name) JOIN steps AS held ON held.id = \(unsafeRaw: name).id
      JOIN jobs ON jobs.id = held.job_id
    )\(FairRank.flow(of: "chosen")), placed AS MATERIALIZED (
      SELECT chosen.id, \(FairRank.rank(of: "chosen", by: "id")) AS rank
      FROM chosen \(FairRank.join("chosen"))
    ), promoted AS (
      UPDATE steps SET state = 1, held_by = NULL, ready_at = now(), rank = placed.rank
      FROM placed WHERE steps.id = placed.id AND steps.state = \(unsafeRaw: String(state.rawValue))
      RETURNING steps.id, steps.job_id, steps.pool, steps.priority
    )
    \(ring)
    """
  }
}
