import FoundationEssentials
public import Jobs
public import Postgres

/// Announcing the effects of unsafe skills, and writing down what became of them.
public enum EffectStatements {
  /// Announces the effect of a step, behind the fence of its claim, unless its job is cancelled or
  /// over, or an effect of it was announced before. One statement: its commit is the right to call the skill.
  ///
  /// Columns of its one row: `is_held` (the claim is the step's), `is_wanted` (and its job is neither
  /// cancelled nor over), `claim_id` (whose effect is announced now; `NULL` when there is none that this
  /// statement could see).
  ///
  /// - Parameter hash: Of what the skill is called with; 32 bytes.
  public static func begin(_ step: StepID, claim: ClaimID, hash: [UInt8]) -> SQL {
    """
    WITH held AS MATERIALIZED (
      SELECT id, job_id, user_id, attempt FROM steps
      WHERE id = \(step.uuid) AND state = 3 AND claim_id = \(claim.uuid) FOR UPDATE
    ), wanted AS MATERIALIZED (
      SELECT held.* FROM held JOIN jobs ON jobs.id = held.job_id
      WHERE jobs.cancel_at IS NULL AND jobs.state < 4
    ), begun AS (
      INSERT INTO effects
        (step_id, job_id, user_id, claim_id, attempt, request_hash, state, started_at)
      SELECT id, job_id, user_id, \(claim.uuid), attempt, \(hash),
        \(EffectState.started.rawValue), clock_timestamp()
      FROM wanted ON CONFLICT (step_id) DO NOTHING
      RETURNING claim_id
    )
    SELECT EXISTS (SELECT FROM held) AS is_held, EXISTS (SELECT FROM wanted) AS is_wanted,
      coalesce((SELECT claim_id FROM begun),
        (SELECT claim_id FROM effects WHERE step_id = \(step.uuid))) AS claim_id
    """
  }

  /// Which of the steps, whose rows are locked, have begun an effect that has no end yet.
  /// Column: `step_id`.
  public static func begun(among steps: [StepID]) -> SQL {
    """
    SELECT step_id FROM effects
    WHERE step_id = ANY(\(steps.map(\.uuid))) AND state = \(EffectState.started.rawValue)
    """
  }

  /// Writes what became of the effects of steps that this transaction has closed.
  public static func settle(_ steps: [(step: StepID, state: EffectState)]) -> SQL {
    """
    UPDATE effects SET state = fin.state, finished_at = now()
    FROM unnest(\(steps.map(\.step.uuid)), \(steps.map(\.state.rawValue))) AS fin(step_id, state)
    WHERE effects.step_id = fin.step_id AND effects.state = \(EffectState.started.rawValue)
    """
  }

  /// Takes back what was announced for steps that this transaction has closed, and whose skills
  /// were not called under these claims after all.
  public static func withdraw(_ steps: [(step: StepID, claim: ClaimID)]) -> SQL {
    """
    DELETE FROM effects USING unnest(\(steps.map(\.step.uuid)), \(steps.map(\.claim.uuid)))
      AS fin(step_id, claim_id)
    WHERE effects.step_id = fin.step_id AND effects.claim_id = fin.claim_id
      AND effects.state = \(EffectState.started.rawValue)
    """
  }
}
