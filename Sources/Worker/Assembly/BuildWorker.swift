import Agents
import Engine
import Foundation
import JobQueue
public import Jobs
import Logging
import ModelRouter
import Observability
public import ServiceLifecycle
public import ServiceSupport
import Skills
import Storage
import WorkerRuntime

/// Joins a worker's parts.
///
/// - Parameters:
///   - base: With the pools and the concurrency of its settings.
///   - extraSkills: Served beside the built-in ones, whose place they take if they have their names.
/// - Returns: Services in the order of need; the worker itself is last, so that it stops first.
/// - Throws: `SettingsError` for a pool that is not in the topology and for any bad setting.
public func buildWorker(
  _ base: Foundations, extraSkills: [any Skill] = []
) throws(SettingsError) -> [any Service] {
  let (settings, logger) = (base.settings, base.logger)
  try check(settings.workerPools, in: base.topology)
  let id = WorkerID()
  let publisher = LanePublisher(
    configuration: base.amqp("tickets out"), topology: base.topology, source: "worker",
    metrics: base.metrics, logger: logger)
  let replies = ReplyPublisher(
    configuration: base.amqp("replies"), topology: base.topology, source: "worker",
    logger: logger)
  let dispatcher = TicketDispatcher(
    publisher: publisher, replies: replies, pool: base.pool, logger: logger)
  let families = FamilyKeeper(
    pool: base.pool, content: base.content, dispatcher: dispatcher, metrics: base.metrics,
    logger: logger)
  let finisher = StepFinisher(
    pool: base.pool, content: base.content, dispatcher: dispatcher, families: families,
    metrics: base.metrics, logger: logger)
  let telemetry = Telemetry(
    process: id.uuid, metrics: base.metrics, pool: base.pool, isReader: false, logger: logger)
  let reader = TicketReader(
    configuration: base.amqp("tickets in"), topology: base.topology,
    pools: settings.workerPools, concurrency: settings.workerConcurrency, logger: logger)
  let gates = GateBoard(pool: base.pool)
  let models = try buildModels(base)
  let worker = WorkerService(
    configuration: WorkerConfiguration(
      id: id, pools: settings.workerPools, concurrency: settings.workerConcurrency),
    claimer: StepClaimer(
      worker: id, pool: base.pool, content: base.content, gates: gates,
      provider: provider(of: models), metrics: base.metrics, logger: logger),
    finisher: finisher, gates: gates,
    roster: WorkerRoster(pool: base.pool, presence: presence(id, settings)),
    reader: reader, runner: try runner(base, models, extraSkills),
    texts: TurnTextStore(
      pool: base.pool, content: base.content, dispatcher: dispatcher, logger: logger),
    metrics: base.metrics, logger: logger)
  return [base.pool, publisher, replies, dispatcher, families, finisher, telemetry, reader, worker]
}

private func check(_ pools: [Pool], in topology: Topology) throws(SettingsError) {
  let known = topology.lanes.pools.map(\.name).joined(separator: ", ")
  guard !pools.isEmpty else {
    throw SettingsError("name a pool with --pool; the topology has \(known)")
  }
  for pool in pools where !topology.lanes.pools.contains(pool) {
    throw SettingsError("pool \(pool) is not in the topology; it has \(known)")
  }
}

private func presence(_ id: WorkerID, _ settings: Settings) -> WorkerStore.Presence {
  WorkerStore.Presence(
    id: id, pools: settings.workerPools, concurrency: settings.workerConcurrency,
    host: ProcessInfo.processInfo.hostName, pid: ProcessInfo.processInfo.processIdentifier,
    version: BuildInfo.version)
}

/// Who answers the turns of each agent.
private func provider(of models: ModelRouter) -> @Sendable (Target) -> String? {
  let providers = Dictionary(
    AgentRegistry.agents.map { ($0.definition.name, models.provider(of: $0.definition.model)) }
  ) { first, _ in first }
  return { target in
    if case .agent(let name) = target { providers[name] ?? nil } else { nil }
  }
}

private func runner(
  _ base: Foundations, _ models: ModelRouter, _ extraSkills: [any Skill]
) throws(SettingsError) -> StepRunner {
  guard let key = base.keys.last else { throw SettingsError("the key file holds no key") }
  let catalog = CatalogCache(pool: base.pool)
  let webhooks = WebhookCourier(
    log: DeliveryLog(pool: base.pool, content: base.content),
    egress: base.settings.webhooks.egress, metrics: base.metrics)
  return StepRunner(
    agents: AgentRegistry.agents,
    skills: SkillRegistry.skills(dataRoot: base.settings.dataRoot, webhooks: webhooks)
      + extraSkills,
    model: models,
    catalog: { try await catalog.current() },
    effects: EffectJournal(pool: base.pool, key: key, logger: base.logger),
    ledger: try ledger(), metrics: base.metrics, logger: base.logger)
}

private func ledger() throws(SettingsError) -> ExecutionLedger? {
  guard let path = ProcessInfo.processInfo.environment["OPENCLAW_EXECUTION_LEDGER"] else {
    return nil
  }
  guard let ledger = ExecutionLedger(path: path) else {
    throw SettingsError("OPENCLAW_EXECUTION_LEDGER: \(path) cannot be written")
  }
  return ledger
}
