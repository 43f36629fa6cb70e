public import Postgres

/// The database's shape: its migrations, and what they call the values of `Jobs`.
public enum Schema {
  /// All migrations, oldest first; numbers never change once released.
  public static let migrations = [
    Migration(number: 1, name: "foundation", sql: migration0001),
    Migration(number: 2, name: "reach", sql: migration0002),
    Migration(number: 3, name: "effects", sql: migration0003),
    Migration(number: 4, name: "order", sql: migration0004),
    Migration(number: 5, name: "gates", sql: migration0005),
    Migration(number: 6, name: "dead_letters", sql: migration0006),
    Migration(number: 7, name: "schedules", sql: migration0007),
    Migration(number: 8, name: "signals", sql: migration0008),
    Migration(number: 9, name: "steady", sql: migration0009),
    Migration(number: 10, name: "batches", sql: migration0010),
    Migration(number: 11, name: "orphans", sql: migration0011),
    Migration(number: 12, name: "retention", sql: migration0012),
    Migration(number: 13, name: "webhooks", sql: migration0013),
    Migration(number: 14, name: "ageing", sql: migration0014),
    Migration(number: 15, name: "deliveries", sql: migration0015),
    Migration(number: 16, name: "waits", sql: migration0016),
    Migration(number: 17, name: "lowered_limits", sql: migration0017),
    Migration(number: 18, name: "redriven", sql: migration0018),
    Migration(number: 19, name: "terms", sql: migration0019),
    Migration(number: 20, name: "schedule_terms", sql: migration0020),
    Migration(number: 21, name: "webhook_limit", sql: migration0021),
    Migration(number: 22, name: "bounded_duties", sql: migration0022),
  ]

  /// What every connection that works on the queue sets.
  ///
  /// Fresh tables have no statistics, and the plans that these forbid are the wrong ones for a
  /// queue. With them there is one good plan for each statement whatever its parameters are, so it
  /// is made once for a connection: planning took more time than running. Days and weeks are those of
  /// UTC, whatever zone the server stands in. As what is forbidden counts as very dear where there is
  /// no other way, as with small tables, nothing is compiled for it.
  public static let sessionSettings = [
    "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
    "enable_bitmapscan": "off", "plan_cache_mode": "force_generic_plan", "TimeZone": "UTC",
    "jit": "off",
  ]

  /// The migration number that this build needs at least.
  public static let requiredVersion = 22

  /// Brings a database to this build's shape, and makes the partitions of the coming weeks: a system
  /// that was away for longer than they reach shall not begin with none.
  ///
  /// - Returns: The migrations that this call applied, in order; empty when up to date.
  /// - Throws: As `Migrator.migrate(_:)`.
  public static func migrate(_ pool: PostgresPool) async throws -> [Migration] {
    let applied = try await Migrator(migrations: migrations).migrate(pool)
    _ = try await pool.query(DutyStatements.makePartitions)
    return applied
  }
}
