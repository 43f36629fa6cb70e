public import AMQP
import Jobs
public import Logging
public import Observability
public import ServiceLifecycle
import Synchronization

/// What became of a ticket on its way to the broker.
public enum TicketDelivery: Sendable, Hashable {
  /// The broker has it on disk.
  case confirmed
  /// No queue took it: a binding or queue is missing.
  case unroutable
  /// The lane is full or the broker is short of memory or disk.
  case rejected
  /// The broker is away; it may or may not have it.
  case undelivered
}

/// Sends tickets to their lanes, mandatory and confirmed.
public struct LanePublisher: Service {
  private let publisher: AMQPPublisher
  private let connection: ConnectionAge
  private let topology: Topology
  private let source: String
  private let metrics: Metrics

  /// - Parameters:
  ///   - source: Who sends, for people who look into the queue: `gateway`, `worker`.
  ///   - metrics: Gets the time that confirms take, and the returned tickets.
  public init(
    configuration: AMQPConfiguration, topology: Topology, source: String,
    metrics: Metrics = Metrics(), logger: Logger
  ) {
    self.metrics = metrics
    let connection = ConnectionAge()
    self.connection = connection
    publisher = AMQPPublisher(
      configuration: configuration,
      onConnect: { channel in
        connection.begin()
        try await topology.declare(on: channel)
      }, logger: logger)
    self.topology = topology
    self.source = source
  }

  /// Keeps the connection until shutdown; declares the topology after each connect.
  public func run() async throws { try await publisher.run() }

  /// Sends tickets in one write; answers for each, in order, in bounded time.
  public func publish(_ tickets: [Ticket]) async -> [TicketDelivery] {
    let start = ContinuousClock.now
    let fault = Failpoint.ticketPublish.isOn ? WriteFault() : nil
    let outcomes = await publisher.publish(
      tickets.map {
        OutgoingMessage(
          exchange: topology.lanes.exchange, routingKey: $0.lane.description,
          message: $0.message(source: source))
      }, onWritten: { fault?.pass() })
    if fault?.isInjected == true { return tickets.map { _ in .undelivered } }
    count(outcomes, took: .now - start)
    return outcomes.map { outcome in
      switch outcome {
      case .confirmed: .confirmed
      case .returned: .unroutable
      case .nacked: .rejected
      case .refused(.blocked): .rejected
      case .unknown, .refused: .undelivered
      }
    }
  }

  private func count(_ outcomes: [PublishOutcome], took duration: Duration) {
    for outcome in outcomes {
      switch outcome {
      case .confirmed: metrics.observe(.amqpConfirm, duration: duration)
      case .returned: metrics.add(.amqpReturned)
      case .nacked, .refused, .unknown: break
      }
    }
  }

  /// Whether the broker is there and takes messages.
  public var isReady: Bool { publisher.isReady }

  /// Whether the present connection has lasted for so long. Depths that a broker tells soon
  /// after its start are wrong.
  public func isConnected(for duration: Duration) -> Bool {
    isReady && connection.lasts(duration)
  }
}

/// Whether a test wants the answers to a write to be lost.
private final class WriteFault: Sendable {
  private let injected = Atomic(false)

  var isInjected: Bool { injected.load(ordering: .relaxed) }

  func pass() {
    do { try Failpoint.ticketPublish.hit() } catch { injected.store(true, ordering: .relaxed) }
  }
}

/// When the present connection began.
private final class ConnectionAge: Sendable {
  private let start = Mutex(ContinuousClock.now)

  func begin() { start.withLock { $0 = .now } }

  func lasts(_ duration: Duration) -> Bool {
    start.withLock { ContinuousClock.now - $0 >= duration }
  }
}
