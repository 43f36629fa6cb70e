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
@testable import WorkerRuntime

/// A worker for the pool `skill.files` over a database of a test's own. Its broker is away.
struct WorkerBench: Sendable {
  let pool: PostgresPool
  let acceptor: JobAcceptor
  let principal: Principal
  /// The jobs that the worker has run, in order.
  let runs: AsyncStream<JobID>
  private let worker: WorkerService
  private let finisher: StepFinisher
  private let skill: NotingSkill

  static let skill = Target.skill("files.note")

  /// Runs the body; the worker starts when it says so, and is stopped afterwards.
  static func with(
    concurrency: Int = 1, _ body: @escaping @Sendable (WorkerBench) async throws -> Void
  ) async throws {
    try await TestDatabase.with { pool, _ in
      let bench = try await WorkerBench(pool: pool, concurrency: concurrency)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await bench.acceptor.run() }
        group.addTask { try await bench.finisher.run() }
        group.addTask { try await bench.worker.runOnceStarted(bench.skill.started) }
        defer { group.cancelAll() }
        try await body(bench)
      }
    }
  }

  private init(pool: PostgresPool, concurrency: Int) async throws {
    let (keys, logger, topology) = ([MasterKey(id: 1)], TestDatabase.quiet, try TestTopology.make())
    let content = SealedContent(Sealer(keys))
    // Nobody runs what would connect to it.
    let broker = try AMQPConfiguration(url: "amqp://127.0.0.1:1", connectionName: "worker tests")
    let dispatcher = TicketDispatcher(
      publisher: LanePublisher(
        configuration: broker, topology: topology, source: "tests", logger: logger),
      replies: ReplyPublisher(
        configuration: broker, topology: topology, source: "tests", logger: logger),
      pool: pool, logger: logger)
    let families = FamilyKeeper(
      pool: pool, content: content, dispatcher: dispatcher, logger: logger)
    let gates = GateBoard(pool: pool)
    let id = WorkerID()
    let pools = [Self.skill.pool]
    self.pool = pool
    skill = NotingSkill()
    runs = skill.runs
    acceptor = JobAcceptor(
      pool: pool, content: content, dispatcher: dispatcher, backlog: BacklogGauge(limit: 1000),
      metrics: Metrics(), logger: logger)
    finisher = StepFinisher(
      pool: pool, content: content, dispatcher: dispatcher, families: families, logger: logger)
    worker = WorkerService(
      configuration: WorkerConfiguration(id: id, pools: pools, concurrency: concurrency),
      claimer: StepClaimer(worker: id, pool: pool, content: content, gates: gates, logger: logger),
      finisher: finisher, gates: gates,
      roster: WorkerRoster(
        pool: pool,
        presence: WorkerStore.Presence(
          id: id, pools: pools, concurrency: concurrency, host: "here", pid: 1, version: "0")),
      reader: TicketReader(
        configuration: broker, topology: topology, pools: pools, concurrency: concurrency,
        logger: logger),
      runner: StepRunner(
        agents: [], skills: [skill], model: NoModel(),
        catalog: { CapabilityCatalog(agents: [], skills: []) },
        effects: EffectJournal(pool: pool, key: keys[0], logger: logger), logger: logger),
      texts: TurnTextStore(
        pool: pool, content: content, dispatcher: dispatcher, logger: logger),
      metrics: Metrics(), logger: logger)
    let identities = IdentityStore(pool: pool, hasher: TokenHasher(keys))
    let user = try await identities.createUser(named: "tester", role: "operator")
    let (_, token) = try await identities.createToken(
      for: user.id, named: "t", lifetime: .seconds(3600))
    principal = Principal(
      user: user.id, userName: "tester", token: token.id,
      role: Role(name: "operator", targets: [TargetPattern("*")], maximumPriority: .urgent))
  }

  /// Lets the worker begin.
  func startWorker() { skill.start() }

  func accept(_ priority: Priority = .normal) async throws -> JobID {
    let request = JobRequest(target: Self.skill, input: [:], priority: priority)
    let answer = try await acceptor.accept(request, by: principal, requestHash: [1])
    guard case .stored(let id, _) = answer else { throw NotStored() }
    return id
  }

  struct NotStored: Error {}

  /// The next jobs that the worker runs.
  func nextRuns(_ count: Int) async -> [JobID] {
    var jobs: [JobID] = []
    for await job in runs {
      jobs.append(job)
      if jobs.count == count { break }
    }
    return jobs
  }

  func count(_ condition: SQL) async throws -> Int64 {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await pool.query(counting + condition).first?.decode("n") ?? -1
  }

  /// Returns once there is something of the kind.
  func wait(for condition: SQL) async throws {
    while try await count(condition) == 0 { try await Task.sleep(for: .milliseconds(20)) }
  }
}

extension WorkerService {
  fileprivate func runOnceStarted(_ started: AsyncStream<Void>) async throws {
    for await _ in started {
      try await run()
      return
    }
  }
}

/// A skill that notes its job.
private struct NotingSkill: Skill {
  let definition = SkillDefinition(
    name: "files.note", description: "Notes its job.", input: ["type": "object"],
    output: ["type": "object"], safety: .pure)
  let mayBlock = false
  let runs: AsyncStream<JobID>
  let started: AsyncStream<Void>
  private let note: AsyncStream<JobID>.Continuation
  private let starter: AsyncStream<Void>.Continuation

  init() {
    (runs, note) = AsyncStream.makeStream()
    (started, starter) = AsyncStream.makeStream()
  }

  func start() { starter.yield() }

  func run(_ call: SkillCall) async throws -> JSONValue {
    note.yield(call.job)
    return [:]
  }
}

private struct NoModel: ModelCalling {
  func complete(
    _ request: ModelRequest, onDelta: @Sendable (String) async -> Void
  ) async throws -> ModelResponse {
    throw StepFailure(.refused, code: "no_model", message: "there is no model")
  }
}
