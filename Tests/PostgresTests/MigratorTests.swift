import Postgres
import Testing

/// Each test has a schema of its own as `search_path`, for its own `schema_migrations`.
@Suite(.timeLimit(.minutes(1))) struct MigratorTests {
  private func withSchema(_ body: (PostgresPool) async throws -> Void) async throws {
    let schema = randomName()
    try await withPool { admin in
      try await admin.script("CREATE SCHEMA \(schema)")
      do {
        try await withPool({ $0.settings = ["search_path": schema] }) { try await body($0) }
      } catch {
        try await admin.script("DROP SCHEMA \(schema) CASCADE")
        throw error
      }
      try await admin.script("DROP SCHEMA \(schema) CASCADE")
    }
  }

  private let first = Migration(
    number: 1, name: "one", sql: "CREATE TABLE a (n int); INSERT INTO a VALUES (1);")
  private let second = Migration(number: 2, name: "two", sql: "INSERT INTO a VALUES (2)")

  @Test func pendingMigrationsAreAppliedOnceInOrder() async throws {
    try await withSchema { pool in
      let migrator = try Migrator(migrations: [second, first])
      #expect(try await Migrator.currentVersion(pool) == 0)
      #expect(try await migrator.pending(pool) == [first, second])
      #expect(try await migrator.migrate(pool) == [first, second])
      #expect(try await migrator.migrate(pool).isEmpty)
      #expect(try await Migrator.currentVersion(pool) == 2)
      let status = try await migrator.status(pool)
      #expect(status.pending.isEmpty && status.currentVersion == 2)
      #expect(status.applied.map(\.name) == ["one", "two"])
      #expect(try await pool.query("SELECT n FROM a").count == 2)
    }
  }

  @Test func twoMigratorsAtOnceApplyEachMigrationOnce() async throws {
    try await withSchema { pool in
      let migrations =
        [first]
        + (2...9).map {
          Migration(number: $0, name: "m\($0)", sql: "INSERT INTO a VALUES (\($0))")
        }
      let migrator = try Migrator(migrations: migrations)
      async let left = migrator.migrate(pool)
      async let right = migrator.migrate(pool)
      let applied = try await left + right
      #expect(applied.map(\.number).sorted() == Array(1...9))
      #expect(try await pool.query("SELECT DISTINCT n FROM a").count == 9)
      #expect(try await pool.query("SELECT n FROM a").count == 9)
    }
  }

  @Test func changedTextIsRefused() async throws {
    try await withSchema { pool in
      _ = try await Migrator(migrations: [first]).migrate(pool)
      let changed = Migration(number: 1, name: "one", sql: first.sql + " ")
      let migrator = try Migrator(migrations: [changed, second])
      for body in [
        { _ = try await migrator.migrate(pool) }, { _ = try await migrator.status(pool) },
      ]
        as [() async throws -> Void]
      {
        let error = try await postgresError(body)
        #expect(error.code == .migration)
        #expect(error.message == "migration 1 \"one\" was changed after it was applied")
      }
      #expect(try await Migrator.currentVersion(pool) == 1)
    }
  }

  @Test func failedMigrationLeavesEarlierOnesAndNothingOfItself() async throws {
    try await withSchema { pool in
      let broken = Migration(number: 2, name: "bad", sql: "INSERT INTO a VALUES (2); SELECT 1/0")
      let error = try await postgresError {
        _ = try await Migrator(migrations: [first, broken]).migrate(pool)
      }
      #expect(error.message == "migration 2 \"bad\": division_by_zero")
      #expect(try await Migrator.currentVersion(pool) == 1)
      #expect(try await pool.query("SELECT n FROM a").count == 1)
      #expect(try await Migrator(migrations: [first, second]).migrate(pool) == [second])
    }
  }

  @Test func migrationThatEndsItsTransactionIsRefused() async throws {
    try await withSchema { pool in
      let sneaky = Migration(number: 1, name: "sneaky", sql: "COMMIT")
      let error = try await postgresError {
        _ = try await Migrator(migrations: [sneaky]).migrate(pool)
      }
      #expect(error.code == .badArgument)
    }
  }

  @Test func numbersMustBeUniqueAndInOrder() async throws {
    #expect(throws: PostgresError.self) { try Migrator(migrations: [first, first]) }
    #expect(throws: PostgresError.self) {
      try Migrator(migrations: [Migration(number: 0, name: "zero", sql: "")])
    }
    try await withSchema { pool in
      _ = try await Migrator(migrations: [
        first, Migration(number: 3, name: "three", sql: "SELECT 3"),
      ]).migrate(pool)
      let error = try await postgresError {
        _ = try await Migrator(migrations: [first, second]).migrate(pool)
      }
      #expect(error.message == "migration 2 \"two\" is new but number 3 is applied already")
      #expect(try await Migrator(migrations: [first]).pending(pool).isEmpty)
    }
  }

  @Test func checksumIsFNV1a() {
    #expect(Migration(number: 1, name: "", sql: "").checksum == "cbf29ce484222325")
    #expect(Migration(number: 1, name: "", sql: "foobar").checksum == "85944171f73967e8")
  }
}
