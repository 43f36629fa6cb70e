import FoundationEssentials
public import JobQueue
public import Jobs
public import Logging
public import Observability
public import Postgres
public import ServiceLifecycle
public import Storage

/// The bounded background work that every gateway node carries; any number of nodes may run it
/// at once, and it goes on as long as one does.
public struct Duties: Service {
  private let duties: [any Duty]
  private let publisher: LanePublisher
  private let metrics: Metrics
  private let logger: Logger
  /// How long a node that starts waits for the broker before it makes steps ready.
  private static let warmUp = Duration.seconds(3)

  /// Does nothing before ``run()``. `backlog` must be the gauge of the process's ``JobAcceptor``.
  public init(
    pool: PostgresPool, content: SealedContent, publisher: LanePublisher,
    inspector: LaneInspector, topology: Topology, dispatcher: TicketDispatcher,
    families: FamilyKeeper, backlog: BacklogGauge,
    policy: RetryPolicy = RetryPolicy(), retention: RetentionPolicy = RetentionPolicy(),
    metrics: Metrics = Metrics(), logger: Logger
  ) {
    self.logger = logger
    self.metrics = metrics
    self.publisher = publisher
    metrics.beginTicks()
    let stopper = JobStopper(
      pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
    duties = [
      RelayDuty(pool: pool, publisher: publisher, backlog: backlog),
      ReadyDuty(pool: pool, dispatcher: dispatcher, metrics: metrics),
      ReapDuty(
        pool: pool, content: content, dispatcher: dispatcher, families: families, policy: policy,
        metrics: metrics, logger: logger),
      FamilyDuty(pool: pool, families: families),
      BatchDuty(
        pool: pool, batches: families.batches,
        stopper: stopper,
        families: families),
      ExpireDuty(
        stopper: stopper,
        families: families),
      ScheduleDuty(
        pool: pool, content: content, dispatcher: dispatcher,
        stopper: stopper,
        families: families, metrics: metrics, logger: logger),
      SignalDuty(
        pool: pool,
        signals: SignalKeeper(
          pool: pool, content: content, dispatcher: dispatcher, families: families,
          metrics: metrics)),
      WebhookDuty(pool: pool, content: content, dispatcher: dispatcher, metrics: metrics),
      ReleaseDuty(pool: pool, dispatcher: dispatcher, metrics: metrics),
      FloorDuty(pool: pool, lanes: topology.allLanes),
      ReconcileDuty(
        pool: pool, publisher: publisher, inspector: inspector, metrics: metrics, logger: logger),
      OrphanDuty(pool: pool, logger: logger),
      RetainDuty(pool: pool, policy: retention, metrics: metrics),
      ForgetDuty(pool: pool, policy: retention, metrics: metrics), TelemetryDuty(pool: pool),
    ]
  }

  /// Runs all of them until shutdown; a failing one is logged and tried again.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        for duty in duties {
          group.addTask {
            if duty.makesReady { await waitForBroker() }
            await DutyLoop(duty: duty, metrics: metrics, logger: logger).run()
          }
        }
      }
    }
  }

  /// What a node makes ready before it has a connection is rung by the relay alone, seconds later;
  /// another node would ring it at once.
  private func waitForBroker() async {
    let end = ContinuousClock.now + Self.warmUp
    // Ends early when the node stops.
    while !publisher.isReady, .now < end, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(50))
    }
  }
}

/// One kind of background work.
protocol Duty: Sendable {
  /// For logs.
  var name: String { get }
  /// How long to wait between two batches that found little to do.
  var interval: Duration { get }
  /// Whether it makes steps ready, whose tickets are to be sent at once.
  var makesReady: Bool { get }

  /// Does one bounded batch.
  ///
  /// - Returns: Whether there is likely more, so that the next batch shall follow at once.
  func run() async throws -> Bool

  /// Hears that a batch failed, for example because the database was away.
  func failed() async
}

extension Duty {
  /// Most do not.
  var makesReady: Bool { false }

  func failed() async {}
}

/// Runs a duty again and again, jittered so that nodes do not meet. Its failures are counted.
struct DutyLoop {
  let duty: any Duty
  let metrics: Metrics
  let logger: Logger

  func run() async {
    var isFailing = false
    while !Task.isCancelled {
      var more = false
      do {
        more = try await duty.run()
        if isFailing { logger.notice("works again", metadata: .fields([.component: duty.name])) }
        isFailing = false
      } catch {
        if Task.isCancelled { return }
        metrics.failed(duty.name)
        await duty.failed()
        if !isFailing {
          logger.warning(
            "a duty fails and is tried again",
            metadata: .fields([.component: duty.name, .error: String(describing: error)]))
        }
        isFailing = true
      }
      if more { continue }
      do {
        try await Task.sleep(for: duty.interval * Double.random(in: 0.8...1.2))
      } catch {
        return
      }
    }
  }
}
