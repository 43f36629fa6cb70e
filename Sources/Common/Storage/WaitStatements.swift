import Jobs
import Postgres
import Security

/// Steps that are held for an answer from elsewhere: of a delegated job, or a signal.
enum WaitStatements {
  /// Closes steps that wait, if they still do, and forgets that they did. The rows of their jobs are
  /// locked. Columns: as of ``FinishStatements/close(_:)``, without `claim_id`.
  ///
  /// - Parameters:
  ///   - steps: Each with its output, or the error that stands for it.
  ///   - table: Where a row with their `step_id` says what they wait for; code's own text, as the
  ///     next.
  ///   - reason: What `held_by` has to be.
  static func close(
    _ steps: [(step: StepID, output: Sealed?, error: Sealed?)], waitingIn table: String,
    heldBy reason: String
  ) -> SQL {
    """
    WITH settled AS (
      SELECT * FROM unnest(\(steps.map(\.step.uuid)), \(steps.map { $0.output?.bytes }),
        \(steps.map { $0.error?.bytes })) AS t(step_id, output, error)
    ), forgotten AS (
      DELETE FROM \(unsafeRaw: table) AS waiting USING settled
      WHERE waiting.step_id = settled.step_id
    )
    UPDATE steps SET state = CASE WHEN settled.error IS NULL THEN 4 ELSE 5 END,
      output = settled.output, error = settled.error, held_by = NULL, finished_at = now()
    FROM settled
    WHERE steps.id = settled.step_id AND steps.state = 2 AND steps.held_by \(unsafeRaw: reason)
    RETURNING steps.id, steps.index, steps.turn, steps.call_id, steps.kind, steps.state,
      steps.started_at, steps.runs
    """
  }
}
