import AMQP
import Foundation
import JobQueue
import Jobs
import Observability
import Postgres
import Security
import Storage
import TestSupport

@testable import Engine

/// An engine over a database and lanes of a test's own, with its services running.
struct EngineBench: Sendable {
  let pool: PostgresPool
  let content: SealedContent
  let topology: Topology
  let publisher: LanePublisher
  let dispatcher: TicketDispatcher
  let backlog: BacklogGauge
  let acceptor: JobAcceptor
  let finisher: StepFinisher
  let reader: JobReader
  let replies: ReplyPublisher
  let replyReader: ReplyReader
  let watcher: JobWatcher
  let feed: JobFeed
  let texts: TurnTextStore
  let canceller: JobCanceller
  let families: FamilyKeeper
  let signals: SignalKeeper
  let gates: GateBoard
  let commands: GateCommands
  let metrics = Metrics()
  let identities: IdentityStore
  let principal: Principal

  /// Runs the body beside the services, and stops them afterwards.
  static func with(
    lockTimeout: Duration = .seconds(10),
    _ body: @escaping @Sendable (EngineBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with(lockTimeout: lockTimeout) { pool, _ in
      let bench = try await EngineBench(pool: pool)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await bench.publisher.run() }
        group.addTask { try await bench.replies.run() }
        group.addTask { try await bench.replyReader.run() }
        group.addTask { try await bench.watcher.run() }
        group.addTask { try await bench.dispatcher.run() }
        group.addTask { try await bench.acceptor.run() }
        group.addTask { try await bench.finisher.run() }
        group.addTask { try await bench.families.run() }
        do {
          try await body(bench)
        } catch {
          group.cancelAll()
          throw error
        }
        group.cancelAll()
        while (try? await group.next()) != nil {}  // cancelled services may say so
      }
      try await bench.deleteLanes()
    }
  }

  private init(pool: PostgresPool) async throws {
    let keys = [MasterKey(id: 1)]
    let broker = try AMQPConfiguration(url: TestServers.amqpURL(), connectionName: "engine tests")
    self.pool = pool
    content = SealedContent(Sealer(keys))
    topology = try TestTopology.make()
    publisher = LanePublisher(
      configuration: broker, topology: topology, source: "tests", logger: TestDatabase.quiet)
    replies = ReplyPublisher(
      configuration: broker, topology: topology, source: "tests", logger: TestDatabase.quiet)
    replyReader = ReplyReader(
      configuration: broker, topology: topology, logger: TestDatabase.quiet)
    dispatcher = TicketDispatcher(
      publisher: publisher, replies: replies, pool: pool, logger: TestDatabase.quiet)
    backlog = BacklogGauge(limit: 1000)
    acceptor = JobAcceptor(
      pool: pool, content: content, dispatcher: dispatcher, backlog: backlog,
      metrics: metrics, logger: TestDatabase.quiet)
    families = FamilyKeeper(
      pool: pool, content: content, dispatcher: dispatcher, metrics: metrics,
      logger: TestDatabase.quiet)
    finisher = StepFinisher(
      pool: pool, content: content, dispatcher: dispatcher, families: families,
      metrics: metrics, logger: TestDatabase.quiet)
    signals = SignalKeeper(
      pool: pool, content: content, dispatcher: dispatcher, families: families, metrics: metrics)
    gates = GateBoard(pool: pool)
    commands = GateCommands(pool: pool, dispatcher: dispatcher, metrics: metrics)
    reader = JobReader(pool: pool, content: content)
    watcher = JobWatcher(reader: reader, replies: replyReader, logger: TestDatabase.quiet)
    feed = JobFeed(
      events: EventReader(pool: pool, content: content), jobs: reader, content: content,
      watcher: watcher, logger: TestDatabase.quiet)
    texts = TurnTextStore(
      pool: pool, content: content, dispatcher: dispatcher, logger: TestDatabase.quiet)
    canceller = JobCanceller(
      pool: pool, content: content, dispatcher: dispatcher, families: families,
      metrics: metrics)
    identities = IdentityStore(pool: pool, hasher: TokenHasher(keys))
    let user = try await identities.createUser(named: "tester", role: "operator")
    let (_, token) = try await identities.createToken(
      for: user.id, named: "t", lifetime: .seconds(3600))
    principal = Principal(
      user: user.id, userName: "tester", token: token.id,
      role: Role(name: "operator", targets: [TargetPattern("*")], maximumPriority: .urgent))
  }

  func claimer() -> StepClaimer {
    StepClaimer(
      worker: WorkerID(), pool: pool, content: content, gates: gates, metrics: metrics,
      logger: TestDatabase.quiet)
  }

  func reaper(waitsAfterOutage: Bool = false) -> ReapDuty {
    ReapDuty(
      pool: pool, content: content, dispatcher: dispatcher, families: families,
      policy: RetryPolicy(),
      waitsAfterOutage: waitsAfterOutage, metrics: metrics, logger: TestDatabase.quiet)
  }

  func accept(
    _ target: Target = .agent("main"), priority: Priority = .normal, key: String? = nil,
    input: JSONValue = "hello", options: JobOptions = JobOptions(), by user: Principal? = nil
  ) async throws -> Acceptance {
    let request = JobRequest(
      target: target, input: input, priority: priority, idempotencyKey: key, options: options)
    return try await acceptor.accept(
      request, by: user ?? principal, requestHash: Digest.sha256(input.json))
  }

  /// Accepts a job that is new.
  func acceptedID(
    _ target: Target = .agent("main"), options: JobOptions = JobOptions(),
    by user: Principal? = nil
  ) async throws -> JobID {
    guard case .stored(let id, _) = try await accept(target, options: options, by: user) else {
      throw NotStored()
    }
    return id
  }

  struct NotStored: Error {}

  func job(_ acceptance: Acceptance) async throws -> JobRecord? {
    switch acceptance {
    case .stored(let id, _), .replayed(let id), .duplicate(let id):
      try await reader.job(id, of: principal.user)
    }
  }

  /// Another user, with the same rights.
  func principal(named name: String, weight: Int = 1) async throws -> Principal {
    let user = try await identities.createUser(named: name, role: "operator")
    let (_, token) = try await identities.createToken(
      for: user.id, named: "t", lifetime: .seconds(3600))
    return Principal(
      user: user.id, userName: name, token: token.id,
      role: Role(
        name: "operator", targets: [TargetPattern("*")], maximumPriority: .urgent, weight: weight))
  }

  func count(_ condition: SQL) async throws -> Int64 {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await pool.query(counting + condition).first?.decode("n") ?? -1
  }

  private func deleteLanes() async throws {
    let channel = try await AMQPChannel.open(
      try AMQPConfiguration(url: TestServers.amqpURL(), connectionName: "engine tests"))
    for lane in topology.allLanes { _ = try await channel.deleteQueue(topology.queue(of: lane)) }
    await channel.close()
  }
}

extension Lane {
  static let main = Lane(pool: Target.agent("main").pool, priority: .normal)
  static let files = Lane(pool: Target.skill("files.read").pool, priority: .normal)
}

extension EngineBench {
  /// A job that is not stored yet.
  func newJob() throws -> NewJob {
    let id = JobID()
    return NewJob(
      id: id, step: StepID(), principal: principal,
      request: JobRequest(target: .agent("main"), input: "x", priority: .normal),
      requestHash: [1], replyKey: [2], input: try content.seal("x", .jobInput, row: id.uuid))
  }

  func inspector() throws -> LaneInspector {
    LaneInspector(
      configuration: try AMQPConfiguration(
        url: TestServers.amqpURL(), connectionName: "engine tests"), topology: topology)
  }
}
