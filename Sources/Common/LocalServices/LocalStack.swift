import Foundation

/// The private PostgreSQL and RabbitMQ of one data root.
///
/// Both end with this process, whichever way it ends; `stop` ends them in order.
public final class LocalStack: Sendable {
  /// The database that `start` creates.
  public static let database = "openclaw"

  /// Where the data lies.
  public let root: DataRoot
  /// Where the programs lie.
  public let paths: LocalPaths
  /// The ports in use.
  public let ports: ServicePorts
  /// The database server.
  public let postgres: PrivatePostgres
  /// The broker.
  public let rabbitmq: PrivateRabbitMQ
  private let lock: FileLock

  private init(
    root: DataRoot, paths: LocalPaths, ports: ServicePorts,
    durability: PrivatePostgres.Durability, lock: FileLock
  ) throws {
    self.root = root
    self.paths = paths
    self.ports = ports
    self.lock = lock
    postgres = try PrivatePostgres(
      root: root, paths: paths, port: ports.postgres, durability: durability)
    rabbitmq = try PrivateRabbitMQ(root: root, paths: paths, ports: ports)
  }

  /// Both servers, to be put under a `SupervisedService` each.
  public var services: [any LocalService] { [postgres, rabbitmq] }

  /// What people call the servers, and which versions they are.
  public var versions: [String: String] {
    ["PostgreSQL": postgres.version, "RabbitMQ": rabbitmq.version]
  }

  /// libpq URI of the database that `start` creates. Holds the password.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  public func databaseURL() throws -> String { try postgres.url(database: Self.database) }

  /// AMQP URI of the virtual host `/`. Holds the password.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  public func amqpURL() throws -> String { try rabbitmq.control.url() }

  /// Starts both servers side by side and returns when both are ready and the database exists.
  ///
  /// The ports of the last start are taken again where they are free. What an earlier process that
  /// was killed left behind is waited for.
  ///
  /// - Parameters:
  ///   - paths: see `LocalPaths.resolve`.
  ///   - ports: where to look for ports on the first start.
  ///   - durability: `throwaway` for tests.
  ///   - progress: called with one line as each server is ready, on any thread.
  /// - Throws: `LocalServiceError`; `alreadyRunning` when another process has the data root open.
  ///   Nothing is left running then.
  public static func start(
    paths: LocalPaths, ports: ServicePorts = .usual,
    durability: PrivatePostgres.Durability = .durable,
    progress: @escaping @Sendable (String) -> Void = { _ in }
  ) async throws -> LocalStack {
    let root = try DataRoot(creating: paths.dataRoot)
    guard let lock = try FileLock.take(root.run.appending(path: "stack.lock")) else {
      throw LocalServiceError(
        .alreadyRunning, "the data root \(root.url.path) is in use by another `openclaw up`")
    }
    let pidFiles = ["postgres", "rabbitmq", "epmd"].map { root.pidFile(of: $0) }
    try await FileLock.waitUntilFree(pidFiles, within: .seconds(30))
    let chosen = try ServicePorts.choose(in: root, fallback: ports)
    let stack = try LocalStack(
      root: root, paths: paths, ports: chosen, durability: durability, lock: lock)
    do { try await stack.startBoth(progress) } catch {
      await stack.stop()
      throw error
    }
    return stack
  }

  /// Ends both servers in order and returns once nothing of them is left.
  public func stop() async {
    async let database: Void = postgres.stop()
    async let broker: Void = rabbitmq.stop()
    _ = await (database, broker)
  }

  private func startBoth(_ progress: @escaping @Sendable (String) -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in
        try await postgres.start()
        try await postgres.createDatabase(Self.database)
        progress("postgres   \(postgres.version)    private, \(root.url.path)")
      }
      group.addTask { [self] in
        try await rabbitmq.start()
        progress("rabbitmq   \(rabbitmq.version)    private, \(root.url.path)")
      }
      try await group.waitForAll()
    }
  }
}
