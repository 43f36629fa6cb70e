public import Foundation
import JobQueue
public import Jobs
public import LocalServices
import Logging
public import Postgres
import Security
import Storage

/// A whole system of a test's own: servers, gateway and workers as real processes, which the test
/// may kill and start as it likes.
public struct TestSystem: Sendable {
  /// The servers.
  public let stack: LocalStack
  /// Where the gateways listen, by their number.
  public let gatewayPorts: [UInt16]
  /// The database, for looking behind the scenes.
  public let database: PostgresPool
  /// The secret of the first user's token.
  public let token: String
  /// The first user, and the only one until ``addUser(named:)`` makes another.
  public let user: UserID
  /// Where workers note what they execute.
  public let ledger: URL
  /// Where the skills of scripted workers note their effects.
  public let skillLedger: URL
  /// While this file is there, `test.crash` does not crash; it is not at first.
  public var mended: URL { skillLedger.appendingPathExtension("mended") }
  let identities: IdentityStore
  private let environment: [String: String]
  private let variant: ProgramVariant
  private let programs: URL

  /// Starts the servers, migrates, makes a user, and gives all that to the body.
  ///
  /// - Parameters:
  ///   - keepsLedger: Whether workers note what they execute, with an fsync for each line.
  ///   - extraPools: Added to those of `queues/topology.yaml`; scripted workers need `skill.test`.
  ///   - variant: What all its gateways and workers have otherwise than usual.
  /// - Throws: What the body throws; `LocalServiceError`.
  public static func with<Result: Sendable>(
    keepsLedger: Bool = true, extraPools: [String] = [], variant: ProgramVariant = ProgramVariant(),
    _ body: @Sendable (TestSystem) async throws -> Result
  ) async throws -> Result {
    try await LocalStack.withThrowaway(paths: try .resolve(), durability: .durable) { stack in
      let configuration = try PostgresConfiguration(
        url: try stack.databaseURL(), applicationName: "openclaw-tests")
      return try await PostgresPool.withPool(configuration, logger: TestDatabase.quiet) { pool in
        let system = try await TestSystem(
          stack: stack, database: pool, keepsLedger: keepsLedger, extraPools: extraPools,
          variant: variant)
        return try await body(system)
      }
    }
  }

  private init(
    stack: LocalStack, database: PostgresPool, keepsLedger: Bool, extraPools: [String],
    variant: ProgramVariant
  ) async throws {
    self.stack = stack
    self.database = database
    self.variant = variant
    programs = variant.programs ?? URL(filePath: stack.paths.guardPath).deletingLastPathComponent()
    ledger = stack.root.url.appending(path: "ledger")
    skillLedger = stack.root.url.appending(path: "skill-ledger")
    let topology = stack.root.url.appending(path: "topology.yaml")
    try Self.topology(with: extraPools).write(to: topology, atomically: true, encoding: .utf8)
    let keyFile = stack.root.keys.appending(path: "master.key").path
    try KeyFile.createIfMissing(keyFile)
    _ = try await Schema.migrate(database)
    identities = IdentityStore(pool: database, hasher: TokenHasher(try KeyFile.read(keyFile)))
    (user, token) = try await TestUser.make(named: "tester", in: identities)
    let first = UInt16.random(in: 30_000..<32_000)
    gatewayPorts = Array((first..<first + 500).filter(ServicePorts.isFree).prefix(3))
    var environment = [
      "PATH": "/usr/bin:/bin", "OPENCLAW_DATA_ROOT": stack.root.url.path,
      "OPENCLAW_DATABASE_URL": try stack.databaseURL(),
      "OPENCLAW_AMQP_URL": try stack.amqpURL(), "OPENCLAW_KEY_FILE": keyFile,
      "OPENCLAW_TOPOLOGY": topology.path, "OPENCLAW_SKILL_LEDGER": skillLedger.path,
      "OPENCLAW_LOG_LEVEL": "notice",
    ]
    environment["OPENCLAW_EXECUTION_LEDGER"] = keepsLedger ? ledger.path : nil
    self.environment = environment.merging(variant.environment) { $1 }
  }

  /// Starts a gateway; it may not be ready yet.
  ///
  /// - Parameters:
  ///   - number: Less than 3; it listens on the port of that number.
  ///   - failpoints: As `OPENCLAW_FAILPOINTS` takes them.
  ///   - settings: More of its environment.
  public func startGateway(
    _ number: Int = 0, failpoints: String? = nil, settings: [String: String] = [:]
  ) async throws -> ManagedProcess {
    try await start(
      "openclaw-gateway", ["--port", String(gatewayPorts[number])], log: "gateway",
      failpoints: failpoints, settings: settings)
  }

  /// Starts a worker.
  ///
  /// - Parameters:
  ///   - isScripted: Whether it has the skills of `Tests/ScriptedWorker`, too.
  ///   - pace: Milliseconds between two pieces of the built-in model's text.
  ///   - settings: More of its environment.
  public func startWorker(
    _ pools: String..., isScripted: Bool = false, pace: Int = 0, concurrency: Int = 4,
    failpoints: String? = nil, settings: [String: String] = [:]
  ) async throws -> ManagedProcess {
    try await startWorker(
      pools, isScripted: isScripted, pace: pace, concurrency: concurrency, failpoints: failpoints,
      settings: settings)
  }

  /// Starts a worker for pools that a list names.
  public func startWorker(
    _ pools: [String], isScripted: Bool = false, pace: Int = 0, concurrency: Int = 4,
    failpoints: String? = nil, settings: [String: String] = [:]
  ) async throws -> ManagedProcess {
    try await start(
      isScripted ? "openclaw-scripted-worker" : "openclaw-worker",
      pools.flatMap { ["--pool", $0] } + ["--concurrency", String(concurrency)],
      log: "worker", failpoints: failpoints,
      settings: ["OPENCLAW_BUILTIN_PACE": String(pace)].merging(settings) { $1 })
  }

  /// The last lines of a process's log, for a failing test's message.
  public func log(_ name: String) -> String {
    // A log that cannot be read has nothing to say.
    let text = (try? String(contentsOf: stack.root.log(of: name), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(20).joined(separator: "\n")
  }

  /// How many lines of a process's log have a text in them.
  public func count(of text: String, inLog name: String) -> Int {
    // A log that was never written has no line.
    let log = (try? String(contentsOf: stack.root.log(of: name), encoding: .utf8)) ?? ""
    return log.split(separator: "\n").count { $0.contains(text) }
  }

  private func start(
    _ program: String, _ arguments: [String], log: String, failpoints: String?,
    settings: [String: String] = [:]
  ) async throws -> ManagedProcess {
    var command = ProcessCommand(
      name: program, executable: programs.appending(path: program).path, arguments: arguments,
      environment: environment.merging(settings) { $1 })
    let entries = variant.failpoints + [failpoints].compactMap(\.self)
    command.environment["OPENCLAW_FAILPOINTS"] = entries.joined(separator: ",")
    command.logFile = stack.root.log(of: log).path
    command.grace = .seconds(25)
    return try await ManagedProcess.launch(command, guardPath: stack.paths.guardPath)
  }

  private static func topology(with extraPools: [String]) throws -> String {
    let file = TestTools.checkout.appending(path: "queues/topology.yaml")
    return try String(contentsOf: file, encoding: .utf8).replacingOccurrences(
      of: "  pools:\n", with: "  pools:\n" + extraPools.map { "    - \($0)\n" }.joined())
  }
}
