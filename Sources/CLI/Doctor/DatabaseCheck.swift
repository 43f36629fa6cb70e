import Foundation
import Jobs
import Logging
import Postgres
import Security
import ServiceSupport
import Storage

/// Whether the database answers, has pgvector and this version's schema, and shares our time.
struct DatabaseCheck {
  let settings: Settings
  /// Whether it should be running.
  let isExpected: Bool
  /// The token that would be sent to the gateway, to see whose it is.
  let token: String?

  private static let longestWait = Duration.seconds(8)

  func findings() async throws -> [Finding] {
    let found = FindingBox()
    do {
      var configuration = try PostgresConfiguration(
        url: settings.databaseURL, applicationName: "openclaw doctor")
      configuration.maximumConnections = 1
      configuration.connectTimeout = .seconds(3)
      let logger = Logger(label: "openclaw") { _ in SwiftLogNoOpLogHandler() }
      let isDone = try await Deadline.run(until: .now + Self.longestWait) { [configuration] in
        try await PostgresPool.withPool(configuration, logger: logger) { pool in
          try await examine(pool, found)
        }
      }
      if !isDone { await found.add(silent("it took too long to answer")) }
    } catch let error as PostgresError {
      await found.add(failure(error))
    }
    return await found.findings
  }

  private func examine(_ pool: PostgresPool, _ found: FindingBox) async throws {
    let before = Date.now
    let rows = try await pool.query(
      """
      SELECT current_setting('server_version') AS version,
        extract(epoch FROM clock_timestamp())::float8 AS now,
        (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS vector,
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS has_vector
      """)
    let after = Date.now
    guard let row = rows.first else { return }
    let version: String = try row.decode("version")
    await found.add(.ok("database", "PostgreSQL \(version) answers"))
    let vector: String? = try row.decode("vector")
    let hasVector: Bool = try row.decode("has_vector")
    await found.add(Self.vector(vector, isAvailable: hasVector))
    await found.add(Self.clock(try row.decode("now"), before, after))
    let migrations = try await Self.migrations(pool)
    await found.add(migrations)
    guard migrations.state == .ok, let role = try await role(pool) else { return }
    await found.add(role)
  }

  /// Whom the token proves; `nil` where there is none to look at.
  private func role(_ pool: PostgresPool) async throws -> Finding? {
    guard let token = token.flatMap({ BearerToken($0) }) else { return nil }
    let keys: [MasterKey]
    do throws(KeyFileError) {
      keys = try KeyFile.read(settings.keyFile)
    } catch {
      return nil  // told as the master key's
    }
    let store = IdentityStore(pool: pool, hasher: TokenHasher(keys))
    guard let principal = try await store.principal(for: token) else {
      return .fail(
        "role", "this database does not know the token",
        mend: "openclaw tokens create USER, or openclaw up")
    }
    return .ok("role", "\(principal.userName), \(principal.role.name)")
  }

  private static func vector(_ version: String?, isAvailable: Bool) -> Finding {
    if let version { return .ok("pgvector", version) }
    return isAvailable
      ? .ok("pgvector", "installed; nothing uses it yet")
      : .warn("pgvector", "the server lacks it", mend: "install pgvector for this PostgreSQL")
  }

  /// The database's clock decides about leases; ours only shows ages.
  private static func clock(_ now: Double, _ before: Date, _ after: Date) -> Finding {
    let theirs = Date(timeIntervalSince1970: now)
    let off = max(before.timeIntervalSince(theirs), theirs.timeIntervalSince(after), 0)
    let detail = "\(Duration.seconds(off).brief) from the database's"
    return off < 1
      ? .ok("clock", detail) : .warn("clock", detail, mend: "let NTP set both clocks")
  }

  private static func migrations(_ pool: PostgresPool) async throws -> Finding {
    let status = try await Migrator(migrations: Schema.migrations).status(pool)
    guard status.pending.isEmpty else {
      let names = status.pending.map { "\($0.number) \($0.name)" }.joined(separator: ", ")
      return .fail("migrations", "not applied: \(names)", mend: "openclaw migrate")
    }
    return .ok("migrations", "at \(status.currentVersion)")
  }

  private func failure(_ error: PostgresError) -> Finding {
    switch error.code {
    case .connectFailed, .connectionLost, .poolTimeout: silent(error.message)
    case .migration:
      .fail("migrations", "\(error)", mend: "this database is another version's")
    default: .fail("database", "\(error)", mend: "see DATABASE_URL and the server's log")
    }
  }

  private func silent(_ reason: String) -> Finding {
    Finding(
      name: "database", state: isExpected ? .fail : .warn,
      detail: "does not answer: \(reason.replacing("\t", with: " "))",
      mend: "openclaw up, or mend DATABASE_URL")
  }
}
