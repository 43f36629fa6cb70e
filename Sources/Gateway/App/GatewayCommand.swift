import ArgumentParser
import Engine
import FoundationEssentials
import GatewayAPI
import JobQueue
import Logging
import Observability
import Security
import ServiceLifecycle
import ServiceSupport
import Storage

/// One gateway node: accepts jobs over HTTP and carries the duties.
@main
struct GatewayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "openclaw-gateway",
    abstract: "Accepts jobs over HTTP and carries the background duties.",
    discussion: """
      Any number of gateways may run beside each other. Settings come from flags, OPENCLAW_* \
      variables and openclaw.yaml; the database from DATABASE_URL, the broker from AMQP_URL.
      """)

  @Option(help: "The loopback address to listen on (OPENCLAW_GATEWAY_HOST; 127.0.0.1).")
  var host: String?

  @Option(help: "The port to listen on; 0 for any (OPENCLAW_GATEWAY_PORT; 18789).")
  var port: Int?

  @Option(help: "The configuration file (OPENCLAW_CONFIG; openclaw.yaml).")
  var config: String?

  func run() async throws {
    do {
      var flags: [String: String] = [:]
      flags["gateway.host"] = host
      flags["gateway.port"] = port.map(String.init)
      let settings = try Settings(try await SettingsReader(file: config, flags: flags))
      try ProcessLifecycle.requireFree(port: settings.gatewayPort)
      let logger = ProcessLifecycle.logger("gateway", level: settings.logLevel)
      let foundations = try Foundations(
        settings: settings, name: "gateway", connections: 8, logger: logger)
      try await ProcessLifecycle.run(Self.services(foundations), logger: logger)
    } catch {
      ProcessLifecycle.refuse("openclaw-gateway", error)
    }
  }

  /// The node's parts; the HTTP server is last, so that it stops first.
  private static func services(_ base: Foundations) throws(SettingsError) -> [any Service] {
    let logger = base.logger
    let publisher = LanePublisher(
      configuration: base.amqp("tickets"), topology: base.topology, source: "gateway",
      metrics: base.metrics, logger: logger)
    let replies = ReplyReader(
      configuration: base.amqp("replies"), topology: base.topology, logger: logger)
    let outgoing = ReplyPublisher(
      configuration: base.amqp("replies out"), topology: base.topology, source: "gateway",
      logger: logger)
    let dispatcher = TicketDispatcher(
      publisher: publisher, replies: outgoing, pool: base.pool, logger: logger)
    let backlog = BacklogGauge(limit: base.settings.gatewayBacklog)
    let telemetry = Telemetry(
      process: UUID(), metrics: base.metrics, pool: base.pool, isReader: true, logger: logger)
    let acceptor = JobAcceptor(
      pool: base.pool, content: base.content, dispatcher: dispatcher, backlog: backlog,
      metrics: base.metrics, logger: logger)
    let reader = JobReader(pool: base.pool, content: base.content)
    let watcher = JobWatcher(reader: reader, replies: replies, logger: logger)
    let families = FamilyKeeper(
      pool: base.pool, content: base.content, dispatcher: dispatcher, metrics: base.metrics,
      logger: logger)
    let inspector = LaneInspector(configuration: base.amqp("depths"), topology: base.topology)
    let duties = Duties(
      pool: base.pool, content: base.content, publisher: publisher, inspector: inspector,
      topology: base.topology, dispatcher: dispatcher, families: families, backlog: backlog,
      retention: base.settings.retention, metrics: base.metrics, logger: logger)
    let gauge = BrokerGauge(inspector: inspector, logger: logger)
    let local = Metrics()
    guard let key = base.keys.last else { throw SettingsError("the key file holds no key") }
    let hasher = TokenHasher(base.keys)
    let principals = PrincipalCache(
      identities: IdentityStore(pool: base.pool, hasher: hasher), hasher: hasher)
    let monitor = SystemMonitor(
      pool: base.pool, broker: gauge, topology: base.topology, telemetry: telemetry,
      logger: logger)
    let service = EngineJobService(
      acceptor: acceptor, reader: reader, watcher: watcher,
      feed: JobFeed(
        events: EventReader(pool: base.pool, content: base.content), jobs: reader,
        content: base.content, watcher: watcher, logger: logger),
      canceller: JobCanceller(
        pool: base.pool, content: base.content, dispatcher: dispatcher, families: families,
        metrics: base.metrics),
      editor: JobEditor(
        pool: base.pool, content: base.content, dispatcher: dispatcher, metrics: base.metrics),
      explainer: JobExplainer(pool: base.pool, content: base.content, monitor: monitor),
      batches: families.batches,
      signals: SignalKeeper(
        pool: base.pool, content: base.content, dispatcher: dispatcher, families: families,
        metrics: base.metrics),
      gates: GateCommands(pool: base.pool, dispatcher: dispatcher, metrics: base.metrics),
      deadLetters: DeadLetters(
        pool: base.pool, content: base.content, dispatcher: dispatcher, metrics: base.metrics
      ) { try await watcher.waitForEnd(of: $0, user: $1, timeout: $2) },
      schedules: ScheduleBook(pool: base.pool, content: base.content),
      webhookBook: WebhookBook(pool: base.pool, content: base.content),
      egress: base.settings.webhooks.egress, monitor: monitor,
      principals: principals,
      catalog: CatalogCache(pool: base.pool), probe: DatabaseProbe(pool: base.pool),
      publisher: publisher,
      requestDigest: KeyedDigest(key, purpose: .requests), local: local)
    let server = buildGateway(
      configuration: configuration(base, key: key), service: service, metrics: local, logger: logger
    )
    return [
      base.pool, publisher, outgoing, replies, dispatcher, families, acceptor, principals, watcher,
      telemetry, gauge, duties, server,
    ]
  }

  private static func configuration(
    _ base: Foundations, key: MasterKey
  ) -> GatewayConfiguration {
    let digest = KeyedDigest(key, purpose: .cursors)
    var configuration = GatewayConfiguration { digest($0) }
    configuration.host = base.settings.gatewayHost
    configuration.port = base.settings.gatewayPort
    configuration.drainDelay = base.settings.gatewayDrainDelay
    return configuration
  }
}
