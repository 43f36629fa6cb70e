import Foundation
import HTTP
import Jobs
import LocalServices
import Logging
import Postgres
import Security
import Storage

/// The whole system on this machine: private servers, a gateway and a worker per pool.
actor LocalSystem {
  let stack: LocalStack
  let connections: LocalConnections
  let gatewayURL: String
  private let gatewayPort: UInt16
  private let pools: [Pool]
  private let environment: [String: String]
  /// What becomes of the parts.
  nonisolated let journal: RunJournal

  /// Starts the private servers and prepares the rest.
  ///
  /// - Parameters:
  ///   - port: Where the gateway shall listen; the next free one is taken if it is not free.
  ///   - say: Gets a line as each part is ready.
  static func start(
    paths: LocalPaths, port: UInt16, topology: URL, pools: [Pool],
    say: @escaping @Sendable (String) -> Void
  ) async throws -> LocalSystem {
    let stack = try await LocalStack.start(paths: paths) { say("✓ \($0)") }
    do {
      return try LocalSystem(stack: stack, port: port, topology: topology, pools: pools)
    } catch {
      await stack.stop()
      throw error
    }
  }

  private init(stack: LocalStack, port: UInt16, topology: URL, pools: [Pool]) throws {
    self.stack = stack
    self.pools = pools
    guard let free = Self.ports(from: port).first(where: ServicePorts.isFree) else {
      throw LocalSystemError("no port from \(port) on is free for the gateway")
    }
    gatewayPort = free
    gatewayURL = "http://127.0.0.1:\(free)"
    connections = LocalConnections(root: stack.root)
    let (database, broker) = (try stack.databaseURL(), try stack.amqpURL())
    try connections.write(databaseURL: database, amqpURL: broker)
    try KeyFile.createIfMissing(connections.masterKey.path)
    environment = ProcessInfo.processInfo.environment.merging([
      "OPENCLAW_DATA_ROOT": stack.root.url.path, "OPENCLAW_TOPOLOGY": topology.path,
      "OPENCLAW_DATABASE_URL": database, "OPENCLAW_AMQP_URL": broker,
      "OPENCLAW_KEY_FILE": connections.masterKey.path,
    ]) { $1 }
    journal = RunJournal(root: stack.root, gatewayURL: gatewayURL)
  }

  /// The ports that are tried for the gateway: the one that was asked for, and up to 100 after it.
  static func ports(from first: UInt16) -> ClosedRange<UInt16> {
    first...first + min(100, .max - first)
  }

  /// The gateway's process.
  func gateway() throws -> any LocalService {
    try process("gateway", ["--port", String(gatewayPort)])
  }

  /// The process of a pool's nth worker, from 1.
  nonisolated func worker(of pool: Pool, _ number: Int) throws -> any LocalService {
    let suffix = number == 1 ? pool.name : "\(pool.name) \(number)"
    return try process("worker", ["--pool", pool.name], suffix: suffix)
  }

  /// Keeps the workers that each pool shall have, until the task is cancelled.
  func runWorkers(
    supervise: @escaping @Sendable (any LocalService) async -> Void,
    say: @escaping @Sendable (String) -> Void
  ) async throws {
    let crew = WorkerCrew(
      pools: pools, makeWorker: { try self.worker(of: $0, $1) }, supervise: supervise,
      forget: { await self.journal.forget($0) }, say: say)
    try await withPool { await crew.run($0) }
  }

  /// Brings the database to this build's schema.
  ///
  /// - Returns: The migrations that were applied.
  func migrate() async throws -> [Migration] {
    try await withPool { pool in
      try await Schema.migrate(pool)
    }
  }

  /// Makes sure that there is an operator with a token that is valid for another day at least.
  ///
  /// - Returns: The token; its file is ``LocalConnections/operatorToken``.
  func ensureOperator() async throws -> (token: BearerToken, user: UserID) {
    let file = connections.operatorToken
    let keys = try KeyFile.read(connections.masterKey.path)
    return try await withPool { pool in
      let store = IdentityStore(pool: pool, hasher: TokenHasher(keys))
      var user = try await store.user(named: "operator")
      if user == nil { user = try await store.createUser(named: "operator", role: "operator") }
      guard let user else { throw LocalSystemError("there is no operator") }
      let text =
        FileManager.default.contents(atPath: file.path)
        .map { String(decoding: $0, as: UTF8.self) } ?? ""
      if let token = BearerToken(text.trimmingCharacters(in: .whitespacesAndNewlines)),
        try await store.principal(for: token, validFor: .seconds(86_400)) != nil
      {
        return (token, user.id)
      }
      let (token, _) = try await store.createToken(
        for: user.id, named: "operator on this machine", lifetime: .seconds(7 * 86_400))
      try SecretFile.write(token.secret + "\n", to: file)
      return (token, user.id)
    }
  }

  /// Waits until the gateway answers.
  func waitForGateway(within limit: Duration) async throws {
    let deadline = ContinuousClock.now + limit
    let client = HTTPClient()
    let request = HTTPRequest(.get, url: gatewayURL + "/readyz", timeout: .seconds(2))
    // Not answering yet is what is asked.
    while (try? await client.send(request))?.status != 200 {
      guard ContinuousClock.now < deadline else {
        throw LocalSystemError(
          "the gateway is not ready; look into \(stack.root.log(of: "gateway").path)")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// One line that names the workers.
  var workerSummary: String { pools.map(\.name).joined(separator: ", ") }

  /// Waits until the workers have announced all that this machine serves.
  func waitForWorkers(within limit: Duration) async throws {
    let deadline = ContinuousClock.now + limit
    try await withPool { [pools] pool in
      let store = WorkerStore(pool: pool)
      let settings = try await PoolStore(pool: pool).settings()
      let wanted = pools.filter { settings[$0]?.desired != 0 }
      while try await !store.servedPools().isSuperset(of: wanted) {
        guard ContinuousClock.now < deadline else {
          throw LocalSystemError(
            "the workers are not ready; look into \(self.stack.root.logs.path)")
        }
        try await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  /// Ends the journal and stops the servers.
  func stop() async {
    await journal.end()
    await stack.stop()
  }

  private nonisolated func process(
    _ program: String, _ arguments: [String], suffix: String? = nil
  ) throws -> ProcessService {
    let name = suffix.map { "\(program) \($0)" } ?? program
    let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    var command = ProcessCommand(
      name: name, executable: folder.appending(path: "openclaw-\(program)").path,
      arguments: arguments, environment: environment)
    command.logFile = stack.root.log(of: name.replacingOccurrences(of: " ", with: ".")).path
    command.grace = .seconds(35)
    return ProcessService(command, guardPath: stack.paths.guardPath)
  }

  private func withPool<Result: Sendable>(
    _ body: @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    let configuration = try PostgresConfiguration(
      url: try stack.databaseURL(), applicationName: "openclaw up")
    let logger = Logger(label: "openclaw") { _ in SwiftLogNoOpLogHandler() }
    return try await PostgresPool.withPool(configuration, logger: logger, body)
  }
}
