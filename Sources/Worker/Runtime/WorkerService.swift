public import Engine
public import JobQueue
public import Jobs
public import Logging
public import Observability
public import ServiceLifecycle

/// One worker process: takes tickets, claims steps, runs them and writes how they ended.
public actor WorkerService: Service {
  let configuration: WorkerConfiguration
  let claimer: StepClaimer
  let finisher: StepFinisher
  let gates: GateBoard
  let roster: WorkerRoster
  let reader: TicketReader
  let runner: StepRunner
  let pump: TextPump
  let metrics: Metrics
  let logger: Logger

  var hand = TicketHand()
  var board = SlotBoard()
  var picker: LanePicker
  var isConnected = false
  var isDraining = false
  /// Whether the time for draining and giving back is over.
  private var isOverdue = false
  /// When a lane last brought a ticket, or a claim without one found nothing in it.
  var lastLook: [Lane: ContinuousClock.Instant] = [:]
  /// How many steps the last claim got.
  var lastClaim = 0
  /// Whether it is time to look for steps that were aboard when a process died.
  var looksForSuspects = false
  let startedAt = ContinuousClock.now
  var databaseFailingSince: ContinuousClock.Instant?
  let threads: SlotThreads
  private let signals = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  /// Ends when somebody wants this worker to drain.
  private let drainRequests: AsyncStream<Never>
  let drainRequest: AsyncStream<Never>.Continuation

  /// Starts `configuration.concurrency` threads at once, but takes no work before ``run()``.
  ///
  /// The claimer, the roster and the reader must be made for the configuration's worker and pools;
  /// the claimer admits steps by `gates`, which this keeps fresh.
  public init(
    configuration: WorkerConfiguration, claimer: StepClaimer, finisher: StepFinisher,
    gates: GateBoard, roster: WorkerRoster, reader: TicketReader, runner: StepRunner,
    texts: TurnTextStore,
    metrics: Metrics, logger: Logger
  ) {
    (drainRequests, drainRequest) = AsyncStream.makeStream()
    pump = TextPump(store: texts, logger: logger)
    self.metrics = metrics
    self.configuration = configuration
    self.claimer = claimer
    self.finisher = finisher
    self.gates = gates
    self.roster = roster
    self.reader = reader
    self.runner = runner
    self.logger = logger
    picker = LanePicker(concurrency: configuration.concurrency)
    threads = SlotThreads(count: configuration.concurrency)
  }

  /// Works until shutdown or until somebody wants it to drain; then claims no more, finishes what
  /// runs, and after the drain time gives the rest back. A worker that was told to drain by its
  /// heartbeat waits for its steps as long as they may take.
  public func run() async throws {
    do {
      try await cancelWhenGracefulShutdown {
        try await self.announce()
        try await self.gates.refresh()
      }
    } catch is CancellationError {
      return
    } catch {
      logger.warning(
        "limits and pauses are not known yet, so nothing is claimed",
        metadata: .fields([.error: String(describing: error)]))
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.listen() }
      group.addTask { await self.tick() }
      group.addTask { await self.keepLeases() }
      group.addTask { await self.stopCancelled() }
      group.addTask { await self.watchGates() }
      group.addTask { await self.pump.run() }
      group.addTask { await self.drainAtShutdown() }
      group.addTask { await self.drainOnRequest() }
      await self.startSteps()
      group.cancelAll()
    }
    await leave()
  }

  /// Makes the start loop look again.
  func signal() { signals.continuation.yield() }

  private func startSteps() async {
    await withDiscardingTaskGroup { group in
      for await _ in signals.stream {
        await gather()
        await claimWhatFits { start in
          group.addTask { await self.execute(start) }
        }
        if isDraining, board.count == 0 { break }
        if isOverdue {
          group.cancelAll()
          break
        }
      }
    }
  }

  /// Steps that were claimed together tend to end together: a millisecond's wait for the others
  /// makes one claim of many small ones.
  private func gather() async {
    let free = configuration.concurrency - board.count
    guard !isDraining, lastClaim >= 8, board.count > 0, free < lastClaim / 2 else { return }
    // Cut short only when the worker is to stop.
    try? await Task.sleep(for: .milliseconds(1))
  }

  private func listen() async {
    for await event in reader.events {
      switch event {
      case .connected:
        isConnected = true
        // What it held would come back only with the end of its last step.
        if isDraining { await stayAway() }
      case .ticket(let ticket):
        guard !isDraining else { continue }
        hand.put(ticket)
        lastLook[ticket.lane] = .now
        await pass(.ticketReceived)
      case .disconnected:
        isConnected = false
        hand.drop()
      }
      signal()
    }
  }

  private func drainOnRequest() async {
    for await _ in drainRequests {}
    if !Task.isCancelled { await drain() }
  }

  /// Takes no more work; the start loop ends with the last step.
  private func drain() async {
    guard !isDraining else { return }
    isDraining = true
    logger.notice("draining", metadata: .fields([.count: board.count]))
    // The tickets in hand go to other workers at once.
    hand.drop()
    await stayAway()
    signal()
  }

  private func stayAway() async { await reader.reconnect(after: configuration.stepLimit * 2) }

  private func drainAtShutdown() async {
    do {
      try await gracefulShutdown()
      await drain()
      try await Task.sleep(for: configuration.drainTime)
      for held in board.slots.keys { board.stop(held, .giveBack) }
      try await Task.sleep(for: configuration.giveBackTime)
    } catch {
      return
    }
    // What cannot even be given back, as the database is away, is left to the reaper.
    isOverdue = true
    signal()
  }
}

/// What a worker is told.
public struct WorkerConfiguration: Sendable {
  /// New for each start of a worker process; its claims carry it.
  public let id: WorkerID
  /// What it announces and serves; each must be in the topology.
  public let pools: [Pool]
  /// The most steps at once; at least 1.
  public let concurrency: Int
  /// Those of the pools.
  var lanes: [Lane] {
    Priority.allCases.flatMap { priority in pools.map { Lane(pool: $0, priority: priority) } }
  }
  /// How long running steps may go on after SIGTERM before they are given back.
  public var drainTime = Duration.seconds(20)
  /// How long giving back may take after that.
  public var giveBackTime = Duration.seconds(5)
  /// The longest that one step may run.
  public var stepLimit = Duration.seconds(600)

  /// The rest has its defaults: 20 s to drain, 600 s a step.
  public init(id: WorkerID, pools: [Pool], concurrency: Int) {
    self.id = id
    self.pools = pools
    self.concurrency = concurrency
  }
}
