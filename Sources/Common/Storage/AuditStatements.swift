import FoundationEssentials
public import Jobs
public import Postgres

/// Rows of the audit trail, written in the transaction of the act itself.
public enum AuditStatements {
  /// Jobs that are over.
  public static func ended(_ jobs: [(job: JobID, user: UserID, state: JobState)]) -> SQL {
    """
    INSERT INTO audit_log (user_id, action, subject, outcome)
    SELECT user_id, 'job.end', id::text, outcome
    FROM unnest(\(jobs.map(\.job.uuid)), \(jobs.map(\.user.uuid)), \(jobs.map(\.state.name)))
      AS t(id, user_id, outcome)
    """
  }

  /// An operator's command to the system, such as scaling a pool.
  ///
  /// - Parameter subject: What it was given to; no content of a user.
  public static func operated(
    _ action: String, on subject: String, by principal: Principal, detail: String? = nil
  ) -> SQL {
    """
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome, detail)
    VALUES (\(principal.user.uuid), \(principal.token.uuid), \(action), \(subject), 'done',
      CASE WHEN \(detail)::text IS NOT NULL THEN jsonb_build_object('value', \(detail)::text) END)
    """
  }

  /// Something a step was refused, such as a path outside the user's workspace.
  ///
  /// - Parameter detail: Safe to read for an operator; no content of the user.
  public static func refused(step: StepID, user: UserID, action: String, code: String) -> SQL {
    """
    INSERT INTO audit_log (user_id, action, subject, outcome, detail)
    VALUES (\(user.uuid), \(action), \(step.description), 'refused',
      jsonb_build_object('code', \(code)::text))
    """
  }
}
