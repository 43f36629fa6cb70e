public import Jobs
public import Postgres

/// What concerns a user's row as a whole.
public enum UserStatements {
  /// Locks a user's row: what is counted afterwards in the transaction, of whoever else locks it,
  /// stays so until it ends. Column: `id`.
  public static func lock(_ user: UserID) -> SQL {
    "SELECT id FROM users WHERE id = \(user.uuid) FOR NO KEY UPDATE"
  }
}
