import Foundation
public import Logging
public import Postgres
import Storage

/// A migrated database of a test's own, dropped afterwards.
public enum TestDatabase {
  /// Creates it, runs the body, and drops it even if the body throws.
  ///
  /// - Parameter lockTimeout: How long a statement waits for a lock.
  public static func with<Result: Sendable>(
    connections: Int = 4, lockTimeout: Duration = .seconds(10),
    _ body: @Sendable (PostgresPool, _ url: String) async throws -> Result
  ) async throws -> Result {
    let server = try TestServers.databaseURL()
    let name = "t_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
    try await onServer(server, "CREATE DATABASE \(name)")
    let url = try replacingDatabase(of: server, with: name)
    do {
      var configuration = try PostgresConfiguration(url: url, applicationName: "openclaw-tests")
      configuration.maximumConnections = connections
      configuration.settings = Schema.sessionSettings
      configuration.lockTimeout = lockTimeout
      let result = try await PostgresPool.withPool(configuration, logger: quiet) { pool in
        _ = try await Migrator(migrations: Schema.migrations).migrate(pool)
        return try await body(pool, url)
      }
      try await onServer(server, "DROP DATABASE \(name) WITH (FORCE)")
      return result
    } catch {
      try await onServer(server, "DROP DATABASE \(name) WITH (FORCE)")
      throw error
    }
  }

  /// A logger that says nothing.
  public static let quiet = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }

  private static func onServer(_ url: String, _ statement: String) async throws {
    let configuration = try PostgresConfiguration(url: url, applicationName: "openclaw-tests")
    try await PostgresPool.withPool(configuration, logger: quiet) { pool in
      _ = try await pool.execute(SQL(unsafeRaw: statement))
    }
  }

  private static func replacingDatabase(of url: String, with name: String) throws -> String {
    guard var parts = URLComponents(string: url) else { throw TestServersMissing() }
    parts.path = "/" + name
    return parts.string ?? url
  }
}
