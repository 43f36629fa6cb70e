import Agents
import ArgumentParser
import Engine
import Foundation
import JobQueue
import Jobs
import Logging
import ModelRouter
import Observability
import ServiceLifecycle
import ServiceSupport
import Skills
import Storage
import WorkerRuntime

/// One worker process of one pool or several.
@main
struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-worker",
    abstract: "Runs the steps of one or more pools.",
    discussion: """
      Any number of workers may serve a pool, and each may come and go at any time. SIGTERM \
      lets running steps finish for 20 seconds and then gives them back.
      """)

  @Option(name: .customLong("pool"), help: "A pool to serve, such as agent.main; repeatable.")
  var pools: [String] = []

  @Option(help: "How many steps to run at once (OPENCLAW_WORKER_CONCURRENCY; 4).")
  var concurrency: Int?

  @Option(help: "The configuration file (OPENCLAW_CONFIG; openclaw.yaml).")
  var config: String?

  func run() async throws {
    do {
      var flags: [String: String] = [:]
      if !pools.isEmpty { flags["worker.pools"] = pools.joined(separator: ",") }
      flags["worker.concurrency"] = concurrency.map(String.init)
      let settings = try Settings(try await SettingsReader(file: config, flags: flags))
      var logger = ProcessLifecycle.logger("worker", level: settings.logLevel)
      logger[metadataKey: "pool"] = "\(settings.workerPools.map(\.name).joined(separator: ","))"
      let foundations = try Foundations(
        settings: settings, name: "worker", connections: 4, logger: logger)
      try Self.check(settings.workerPools, in: foundations.topology)
      try await ProcessLifecycle.run(try Self.services(foundations), logger: logger)
    } catch {
      ProcessLifecycle.refuse("openclaw-worker", error)
    }
  }

  private static func check(_ pools: [Pool], in topology: Topology) throws(SettingsError) {
    let known = topology.lanes.pools.map(\.name).joined(separator: ", ")
    guard !pools.isEmpty else {
      throw SettingsError("name a pool with --pool; the topology has \(known)")
    }
    for pool in pools where !topology.lanes.pools.contains(pool) {
      throw SettingsError("pool \(pool) is not in the topology; it has \(known)")
    }
  }

  /// The worker's parts; the worker itself is last, so that it stops first.
  private static func services(_ base: Foundations) throws(SettingsError) -> [any Service] {
    let (settings, logger) = (base.settings, base.logger)
    let id = WorkerID()
    let publisher = LanePublisher(
      configuration: base.amqp("tickets out"), topology: base.topology, source: "worker",
      metrics: base.metrics, logger: logger)
    let replies = ReplyPublisher(
      configuration: base.amqp("replies"), topology: base.topology, source: "worker",
      logger: logger)
    let dispatcher = TicketDispatcher(
      publisher: publisher, replies: replies, pool: base.pool, logger: logger)
    let finisher = StepFinisher(
      pool: base.pool, content: base.content, dispatcher: dispatcher, metrics: base.metrics,
      logger: logger)
    let telemetry = Telemetry(
      process: id.uuid, metrics: base.metrics, pool: base.pool, isReader: false, logger: logger)
    let reader = TicketReader(
      configuration: base.amqp("tickets in"), topology: base.topology,
      pools: settings.workerPools, logger: logger)
    let presence = WorkerStore.Presence(
      id: id, pools: settings.workerPools, concurrency: settings.workerConcurrency,
      host: ProcessInfo.processInfo.hostName, pid: ProcessInfo.processInfo.processIdentifier,
      version: BuildInfo.version)
    let worker = WorkerService(
      configuration: WorkerConfiguration(
        id: id, pools: settings.workerPools, concurrency: settings.workerConcurrency),
      claimer: StepClaimer(
        worker: id, pool: base.pool, content: base.content, metrics: base.metrics, logger: logger),
      finisher: finisher, roster: WorkerRoster(pool: base.pool, presence: presence),
      reader: reader, runner: try runner(base),
      texts: TurnTextStore(
        pool: base.pool, content: base.content, dispatcher: dispatcher, logger: logger),
      metrics: base.metrics, logger: logger)
    return [base.pool, publisher, replies, dispatcher, finisher, telemetry, reader, worker]
  }

  private static func runner(_ base: Foundations) throws(SettingsError) -> StepRunner {
    let catalog = CatalogCache(pool: base.pool)
    return StepRunner(
      agents: AgentRegistry.agents,
      skills: SkillRegistry.skills(dataRoot: base.settings.dataRoot),
      model: try models(base),
      catalog: { try await catalog.current() }, effects: try effects(base),
      ledger: try ledger(), metrics: base.metrics,
      logger: base.logger)
  }

  private static func effects(_ base: Foundations) throws(SettingsError) -> EffectJournal {
    guard let key = base.keys.last else { throw SettingsError("the key file holds no key") }
    return EffectJournal(pool: base.pool, key: key, logger: base.logger)
  }

  private static func models(_ base: Foundations) throws(SettingsError) -> ModelRouter {
    let router = ModelRouter(
      builtin: BuiltinModel(pace: base.settings.builtinPace),
      openAI: try base.settings.model.openAI.map(provider)
    ) { [metrics = base.metrics] report in metrics.count(report) }
    base.logger.info("default model", metadata: .fields([.model: router.summary]))
    return router
  }

  private static func provider(
    _ settings: ModelSettings.OpenAI
  ) throws(SettingsError) -> OpenAIProvider {
    var key: APIKey?
    if let text = settings.apiKey {
      guard let valid = APIKey(text) else {
        throw SettingsError(
          "setting openai.api_key (OPENAI_API_KEY) is no key: one line, no spaces")
      }
      key = valid
    }
    var configuration = OpenAIProvider.Configuration(
      baseURL: settings.baseURL ?? OpenAIProvider.Configuration.defaultBaseURL, apiKey: key,
      model: settings.model, organization: settings.organization)
    configuration.firstByteTimeout = settings.firstByteTimeout
    configuration.idleTimeout = settings.idleTimeout
    do {
      return try OpenAIProvider(configuration)
    } catch {
      throw SettingsError("setting openai.\(error.setting) \(error.message)")
    }
  }

  private static func ledger() throws(SettingsError) -> ExecutionLedger? {
    guard let path = ProcessInfo.processInfo.environment["OPENCLAW_EXECUTION_LEDGER"] else {
      return nil
    }
    guard let ledger = ExecutionLedger(path: path) else {
      throw SettingsError("OPENCLAW_EXECUTION_LEDGER: \(path) cannot be written")
    }
    return ledger
  }
}
