public import Foundation

/// The folder that holds everything one installation keeps.
///
/// ```
/// postgres/ rabbitmq/   the servers' data, each owned by the account its server runs as
/// logs/                 one file per process
/// keys/                 passwords and keys, each file 0600
/// run/                  pidfiles, locks and the chosen ports
/// users/<id>/workspace  shared/   tmp/
/// ```
///
/// Every folder is 0700 and the caller's. Root's data root, `postgres/` and `rabbitmq/` are 0711, for
/// the servers' accounts to pass through.
public struct DataRoot: Sendable {
  /// The folder itself; absolute.
  public let url: URL

  /// The folders inside it, which exist.
  public var postgres: URL { url.appending(path: "postgres") }
  /// RabbitMQ's configuration, data and home.
  public var rabbitmq: URL { url.appending(path: "rabbitmq") }
  /// One log file per process.
  public var logs: URL { url.appending(path: "logs") }
  /// Passwords and keys.
  public var keys: URL { url.appending(path: "keys") }
  /// Pidfiles, locks and `ports.json`.
  public var run: URL { url.appending(path: "run") }
  /// One folder per user.
  public var users: URL { url.appending(path: "users") }
  /// What users share.
  public var shared: URL { url.appending(path: "shared") }
  /// Scratch space, cleaned daily.
  public var tmp: URL { url.appending(path: "tmp") }

  /// Creates what is missing and sets the modes.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`, one line that names the folder and the way out.
  public init(creating url: URL) throws {
    self.url = url.standardizedFileURL
    let isRoot = geteuid() == 0
    try Self.create(self.url, mode: isRoot ? 0o711 : 0o700)
    for folder in [postgres, rabbitmq] {
      try Self.create(folder, mode: isRoot ? 0o711 : 0o700)
    }
    for folder in [logs, keys, run, users, shared, tmp] { try Self.create(folder, mode: 0o700) }
  }

  /// Opens a data root that `init(creating:)` made, without changing it.
  public init(existing url: URL) { self.url = url.standardizedFileURL }

  /// The log file of a process.
  public func log(of name: String) -> URL { logs.appending(path: "\(name).log") }

  /// The pidfile of a process.
  func pidFile(of name: String) -> URL { run.appending(path: "\(name).pid") }

  /// Checks that a server's account can reach `folder`.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  static func requireReachable(_ folder: URL, by account: ServiceAccount?, setting: String) throws {
    guard let account, let closed = account.firstClosedFolder(of: folder) else { return }
    throw LocalServiceError(
      .dataRoot,
      "\(folder.path) cannot be used: the account \(account.name), which the server runs as, may"
        + " not enter \(closed.path). Set \(setting) to a folder elsewhere.")
  }

  /// Creates a folder for a server's account, or takes it as it is if it exists.
  static func createOwned(_ folder: URL, by account: ServiceAccount?) throws {
    try create(folder, mode: 0o700)
    if let account, chown(folder.path, account.uid, account.gid) != 0 {
      throw unusable(folder, errno)
    }
  }

  private static func create(_ folder: URL, mode: mode_t) throws {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw unusable(folder, errno)
    }
    guard chmod(folder.path, mode) == 0, access(folder.path, R_OK | W_OK | X_OK) == 0 else {
      throw unusable(folder, errno)
    }
  }

  private static func unusable(_ folder: URL, _ reason: Int32) -> LocalServiceError {
    LocalServiceError(
      .dataRoot,
      "cannot use \(folder.path) (\(systemMessage(reason))): make it writable, or set"
        + " OPENCLAW_DATA_ROOT to another folder")
  }
}
