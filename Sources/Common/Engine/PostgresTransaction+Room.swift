import Jobs
import Postgres
import Storage

extension PostgresTransaction {
  /// Whether a user may have one more of something; nobody else makes one until the transaction
  /// ends.
  ///
  /// - Parameter count: Answers how many there are, in the column `count`.
  /// - Throws: `PostgresError`.
  func hasRoom(for user: UserID, below maximum: Int, by count: SQL) async throws -> Bool {
    _ = try await query(UserStatements.lock(user))
    return try await query(count).first?.decode("count", as: Int64.self) ?? 0 < maximum
  }
}
