import Foundation

/// A PostgreSQL server of our own, with pgvector, on 127.0.0.1.
///
/// Created on first start. Two roles: `postgres`, the superuser, which only this type uses, and
/// `openclaw`, which may create databases and owns those made here. Both log in by SCRAM with random
/// passwords from `keys/`; there is no Unix socket.
public actor PrivatePostgres: LocalService {
  /// What a crash of the machine may cost.
  public enum Durability: Sendable {
    /// Nothing that was committed.
    case durable
    /// Everything: for tests. A crash of the server alone still loses nothing.
    case throwaway
  }

  /// The role that applications log in as.
  public static let role = "openclaw"

  /// `postgres`.
  public nonisolated let name = "postgres"
  /// TCP port on 127.0.0.1.
  public nonisolated let port: UInt16
  let root: DataRoot
  let paths: LocalPaths
  let account: ServiceAccount?
  private let durability: Durability
  private var process: ManagedProcess?

  /// Prepares a server; nothing is started or written.
  ///
  /// - Throws: `LocalServiceError` with `missingProgram` when `scripts/setup.sh` has not run, and with
  ///   `dataRoot` when the server's account cannot reach its programs or data.
  public init(
    root: DataRoot, paths: LocalPaths, port: UInt16, durability: Durability = .durable
  ) throws {
    self.root = root
    self.paths = paths
    self.port = port
    self.durability = durability
    let programs = paths.postgresPrograms
    guard access(programs.appending(path: "postgres").path, X_OK) == 0 else {
      throw LocalServiceError(
        .missingProgram, "there is no PostgreSQL in \(programs.path): run `make setup`")
    }
    let data = root.postgres.appending(path: "data")
    account = try .forServer(preferred: ["postgres", "rabbitmq", "nobody"], data: data)
    try DataRoot.requireReachable(root.postgres, by: account, setting: "OPENCLAW_DATA_ROOT")
    try DataRoot.requireReachable(programs, by: account, setting: "OPENCLAW_TOOLS")
  }

  var data: URL { root.postgres.appending(path: "data") }

  /// Creates the cluster if there is none, starts the server and waits up to 60 s until it accepts
  /// connections; the first lines of recovery after a crash count too.
  ///
  /// - Throws: `LocalServiceError`; with the log's last lines where the server gave up.
  public func start() async throws {
    if let process, process.exitStatusIfEnded == nil { return }
    try await createClusterIfMissing()
    try writeConfiguration()
    let started = try await ManagedProcess.launch(serverCommand(), guardPath: paths.guardPath)
    try await Readiness.wait(for: started, within: .seconds(60)) {
      isReady(pid: started.childPID)
    }
    process = started
    do { try await createRole() } catch {
      await stop()
      throw error
    }
  }

  /// See `LocalService`. Ends with a fast shutdown: open transactions are rolled back.
  public func stop() async {
    await process?.stop()
    process = nil
  }

  /// See `LocalService`.
  public func waitUntilEnded() async -> ProcessExit {
    await process?.exitStatus ?? ProcessExit(code: 0)
  }

  /// The running server's process, for tests that kill it; nil when it was not started.
  public var runningProcess: ManagedProcess? { process }

  /// A libpq connection URI for a database, as the role `openclaw`. Holds the password.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot` when the password's file cannot be used.
  public nonisolated func url(database: String) throws -> String {
    let password = try SecretFile.password(in: rolePasswordFile)
    return "postgresql://\(Self.role):\(password)@127.0.0.1:\(port)/\(database)"
  }

  /// Creates a database owned by `openclaw`, with the extension `vector`, unless it exists.
  ///
  /// - Parameter database: a to z, 0 to 9 and `_`, beginning with a letter, at most 63.
  /// - Throws: `LocalServiceError` with `badName`, or `exited` with what the server said.
  public func createDatabase(_ database: String) async throws {
    guard database.wholeMatch(of: /[a-z][a-z0-9_]{0,62}/) != nil else {
      throw LocalServiceError(.badName, "\(database) is not a database name that is allowed here")
    }
    try await query(
      "SELECT 'CREATE DATABASE \(database) OWNER \(Self.role)' WHERE NOT EXISTS "
        + "(SELECT FROM pg_database WHERE datname = '\(database)') \\gexec\n"
        + "\\connect \(database)\nCREATE EXTENSION IF NOT EXISTS vector;\n")
  }

  /// Such as `16.14 + pgvector 0.8.5`; taken from the installed files.
  public nonisolated var version: String {
    let file = paths.postgresPrograms.resolvingSymlinksInPath()
      .appending(path: "../share/postgresql/extension/vector.control")
    // Only shown to people; an unreadable file is no reason to stop.
    let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    let vector = text.firstMatch(of: /default_version = '([^']+)'/).map { String($0.1) }
    return "\(LocalPaths.postgresVersion) + pgvector \(vector ?? "unknown")"
  }

  nonisolated var rolePasswordFile: URL { root.keys.appending(path: "postgres-openclaw.password") }
  nonisolated var superuserPasswordFile: URL {
    root.keys.appending(path: "postgres-superuser.password")
  }

  /// The postmaster writes its state into the eighth line of its pidfile, which `pg_ctl -w` reads too.
  private func isReady(pid: Int32) -> Bool {
    let file = data.appending(path: "postmaster.pid")
    // Not there yet, or half-written: not ready.
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return false }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.count >= 8 && lines[0] == "\(pid)" && lines[7].hasPrefix("ready")
  }

  private func writeConfiguration() throws {
    let settings = PostgresSettings(port: port, durability: durability)
    try SecretFile.write(settings.server, to: configuration, mode: 0o644)
    try SecretFile.write(PostgresSettings.authentication, to: authentication, mode: 0o644)
  }

  private var configuration: URL { root.postgres.appending(path: "postgresql.conf") }
  private var authentication: URL { root.postgres.appending(path: "pg_hba.conf") }

  private func serverCommand() -> ProcessCommand {
    var command = program(
      "postgres",
      [
        "-D", data.path, "-c", "config_file=\(configuration.path)",
        "-c", "hba_file=\(authentication.path)",
      ])
    command.name = name
    command.logFile = root.log(of: name).path
    command.pidFile = root.pidFile(of: name).path
    command.stopSignal = "INT"
    command.grace = .seconds(20)
    return command
  }

  /// One of PostgreSQL's programs, run as the server's account.
  func program(_ program: String, _ arguments: [String]) -> ProcessCommand {
    var command = ProcessCommand(
      name: program, executable: paths.postgresPrograms.appending(path: program).path,
      arguments: arguments, environment: ["LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"])
    command.account = account
    return command
  }
}
