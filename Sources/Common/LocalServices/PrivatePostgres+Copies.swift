package import Foundation

/// Backups of a database, for tests that go back to one.
extension PrivatePostgres {
  /// Writes a database into a file with `pg_dump -Fc`; it may be in use.
  ///
  /// - Throws: `LocalServiceError` with `exited` and what the program said.
  package func dump(_ database: String, to file: URL) async throws {
    try await runTool("pg_dump", ["-Fc", "-f", file.path, database])
  }

  /// Puts a file of ``dump(_:to:)`` in the place of a database, whose connections are cut. What is in
  /// the database is lost.
  ///
  /// - Throws: `LocalServiceError` with `badName`, or `exited` and what the program said.
  package func restore(_ database: String, from file: URL) async throws {
    try await query("DROP DATABASE IF EXISTS \(database) WITH (FORCE);\n")
    try await createDatabase(database)
    // Only a superuser may make the extension, or write a comment on it.
    try await runTool(
      "pg_restore", ["--no-owner", "--no-comments", "--exit-on-error", "-d", database, file.path])
  }

  /// Runs a client as the role `openclaw`, and as this process's own account.
  private func runTool(_ name: String, _ arguments: [String]) async throws {
    var tool = program(name, arguments)
    tool.account = nil
    tool.environment.merge([
      "PGHOST": "127.0.0.1", "PGPORT": "\(port)", "PGUSER": Self.role,
      "PGPASSWORD": try SecretFile.password(in: rolePasswordFile), "PGCONNECT_TIMEOUT": "10",
    ]) { $1 }
    try await Tool.run(tool, guardPath: paths.guardPath, scratch: root.run, within: .seconds(600))
  }
}
