/// Brings a schema up to date, forward only, each migration in a transaction of its own.
///
/// The table `schema_migrations` remembers what was applied. A transaction-level advisory lock
/// lets several migrators run at once: each migration is applied by one of them.
public struct Migrator: Sendable {
  /// The known migrations, by number.
  public let migrations: [Migration]
  /// How long one migration, or the wait for another migrator, may take. Default 10 min.
  public var timeout: Duration = .seconds(600)

  /// The key of the advisory lock: "openclaw" in ASCII.
  private static let lockKey: Int64 = 0x6f70_656e_636c_6177

  /// A migrator for these migrations, in any order.
  ///
  /// - Throws: ``PostgresError/Code/migration`` when a number is below 1 or occurs twice.
  public init(migrations: [Migration]) throws(PostgresError) {
    self.migrations = migrations.sorted { $0.number < $1.number }
    for (first, second) in zip(self.migrations, self.migrations.dropFirst())
    where first.number == second.number {
      throw Self.failure("two migrations have the number \(first.number)")
    }
    if let first = self.migrations.first, first.number < 1 {
      throw Self.failure("a migration has the number \(first.number), below 1")
    }
  }

  /// What the database has and what it lacks.
  public struct Status: Sendable {
    /// Applied ones by number; may hold some that this program does not know yet.
    public let applied: [Migration.Applied]
    /// Known ones that are not applied, by number.
    public let pending: [Migration]
    /// The highest number applied; 0 for an empty database.
    public var currentVersion: Int { applied.last?.number ?? 0 }
  }

  /// Compares the database with the known migrations; changes nothing.
  ///
  /// - Throws: ``PostgresError/Code/migration`` for a changed text or a number that was skipped.
  public func status(_ pool: PostgresPool) async throws(PostgresError) -> Status {
    let exists = try await pool.query(
      "SELECT to_regclass('schema_migrations') IS NOT NULL AS found")
    guard try exists.first?.decode("found", as: Bool.self) == true else {
      return Status(applied: [], pending: migrations)
    }
    return try compare(with: try await pool.query(Self.selectApplied))
  }

  /// Known migrations that the database lacks, by number.
  ///
  /// - Throws: as ``status(_:)``.
  public func pending(_ pool: PostgresPool) async throws(PostgresError) -> [Migration] {
    try await status(pool).pending
  }

  /// The highest number applied; 0 for an empty database. Checks no checksums.
  public static func currentVersion(_ pool: PostgresPool) async throws(PostgresError) -> Int {
    let exists = try await pool.query(
      "SELECT to_regclass('schema_migrations') IS NOT NULL AS found")
    guard try exists.first?.decode("found", as: Bool.self) == true else { return 0 }
    let rows = try await pool.query("SELECT coalesce(max(number), 0) AS n FROM schema_migrations")
    return try rows.first?.decode("n", as: Int.self) ?? 0
  }

  /// Applies what is pending.
  ///
  /// - Returns: The migrations that this call applied, in order; empty when up to date.
  /// - Throws: ``PostgresError``, `migration` as for ``status(_:)``; the failed migration is
  ///   rolled back, earlier ones stay.
  public func migrate(_ pool: PostgresPool) async throws -> [Migration] {
    var applied: [Migration] = []
    while let migration = try await pool.transaction({ try await applyNext($0) }) {
      applied.append(migration)
    }
    return applied
  }

  private func applyNext(_ transaction: PostgresTransaction) async throws -> Migration? {
    try await takeLock(transaction)
    let rows = try await transaction.query(Self.selectApplied)
    guard let next = try compare(with: rows).pending.first else { return nil }
    do {
      try await transaction.script(next.sql, timeout: timeout + .seconds(5))
    } catch {
      throw error.prefixed("migration \(next.number) \"\(next.name)\"")
    }
    let name = next.name
    try await transaction.commit(after: [
      """
      INSERT INTO schema_migrations (number, name, checksum)
      VALUES (\(Int32(clamping: next.number)), \(name), \(next.checksum))
      """
    ])
    return next
  }

  /// Waits for other migrators; locks of the migration itself are bounded as ever.
  private func takeLock(_ transaction: PostgresTransaction) async throws(PostgresError) {
    let limit = "\(timeout.wholeMilliseconds)"
    try await transaction.pipeline([
      """
      SELECT set_config('statement_timeout', \(limit), true),
        set_config('openclaw.lock_timeout', current_setting('lock_timeout'), true),
        set_config('lock_timeout', '0', true)
      """,
      "SELECT pg_advisory_xact_lock(\(Self.lockKey))",
      "SELECT set_config('lock_timeout', current_setting('openclaw.lock_timeout'), true)",
      """
      CREATE TABLE IF NOT EXISTS schema_migrations (
        number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now())
      """,
    ])
  }

  private static let selectApplied: SQL =
    "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number"

  private func compare(with rows: [Row]) throws(PostgresError) -> Status {
    var applied: [Int: Migration.Applied] = [:]
    for row in rows {
      let entry = Migration.Applied(
        number: try row.decode("number"), name: try row.decode("name"),
        checksum: try row.decode("checksum"), appliedAt: try row.decode("applied_at"))
      applied[entry.number] = entry
    }
    let newest = applied.keys.max() ?? 0
    for migration in migrations {
      let label = "migration \(migration.number) \"\(migration.name)\""
      if let entry = applied[migration.number] {
        guard entry.checksum == migration.checksum else {
          throw Self.failure("\(label) was changed after it was applied")
        }
      } else if migration.number < newest {
        throw Self.failure("\(label) is new but number \(newest) is applied already")
      }
    }
    return Status(
      applied: applied.values.sorted { $0.number < $1.number },
      pending: migrations.filter { applied[$0.number] == nil })
  }

  private static func failure(_ message: String) -> PostgresError {
    PostgresError(code: .migration, message: message)
  }
}

extension PostgresError {
  /// The same error with the name of what it happened in.
  fileprivate func prefixed(_ prefix: String) -> PostgresError {
    var copy = self
    copy.message = "\(prefix): \(message)"
    return copy
  }
}
