import ArgumentParser
import Jobs
import Postgres
import Storage

/// `openclaw migrate`: brings the database to this build's schema.
struct MigrateCommand: OpenClawCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring the database to this version's schema.",
    discussion: """
      Forward only, one transaction a migration, safe to run twice or at the same time. The \
      database is DATABASE_URL, else the one of `openclaw up`.
      """)

  @Flag(help: "Only say what would be done.") var dryRun = false
  @OptionGroup(title: "Output") var output: OutputOptions

  func perform(on console: Console) async throws -> ExitStatus {
    let isDry = dryRun
    let migrations = try await AdminDatabase.with { pool, _ in
      guard isDry else { return try await Schema.migrate(pool) }
      return try await Migrator(migrations: Schema.migrations).pending(pool)
    }
    let items = migrations.map {
      JSONValue.object(["number": .integer(Int64($0.number)), "name": .string($0.name)])
    }
    try console.show(.object(["migrations": .array(items), "applied": .bool(!isDry)])) {
      guard !migrations.isEmpty else { return "nothing to do" }
      return migrations.map { "\(isDry ? "pending" : "applied") \($0.number) \($0.name)" }
        .joined(separator: "\n")
    }
    return .ok
  }
}
