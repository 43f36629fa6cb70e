public import AMQP
public import Jobs
public import Logging
import Observability
public import ServiceLifecycle

/// A ticket in hand; acknowledge it once its claim has committed.
public struct ReceivedTicket: Sendable {
  /// The lane whose queue it came from: claim there.
  public let lane: Lane
  let tag: AMQPDeliveryTag
}

/// Takes tickets from the lanes of some pools.
public struct TicketReader: Service {
  private let consumer: AMQPConsumer
  private let lanes: [Lane]
  private let logger: Logger

  /// The most tickets of a lane that any worker holds.
  public static let maximumPrefetch = 64

  /// - Parameters:
  ///   - pools: Each must be in the topology.
  ///   - concurrency: How many steps the worker runs at once: it holds about as many tickets of
  ///     each lane, so that one claim can fill its slots.
  public init(
    configuration: AMQPConfiguration, topology: Topology, pools: [Pool],
    concurrency: Int, logger: Logger
  ) {
    let prefetch = min(max(8, concurrency), Self.maximumPrefetch)
    let lanes = topology.allLanes.filter { pools.contains($0.pool) }
    self.lanes = lanes
    self.logger = logger
    consumer = AMQPConsumer(
      configuration: configuration,
      subscriptions: lanes.map {
        AMQPSubscription(queue: topology.queue(of: $0), prefetch: UInt16(clamping: prefetch))
      },
      onConnect: { try await topology.declare(on: $0) }, logger: logger)
  }

  /// Keeps the connection until shutdown.
  public func run() async throws { try await consumer.run() }

  /// What happens on the connection.
  public enum Event: Sendable {
    case connected
    case ticket(ReceivedTicket)
    /// All tickets in hand have gone back to the broker.
    case disconnected
  }

  /// The connection's events in order; read it once.
  public var events: some AsyncSequence<Event, Never> & Sendable {
    consumer.events.compactMap { [lanes, logger, consumer] event -> Event? in
      switch event {
      case .connected: return .connected
      case .disconnected: return .disconnected
      case .cancelled: return nil
      case .delivery(let delivery):
        let lane = lanes[delivery.subscriptionIndex]
        if Ticket(delivery.message, lane: lane) != nil {
          return .ticket(ReceivedTicket(lane: lane, tag: delivery.tag))
        }
        logger.warning(
          "a message that is no ticket was dropped",
          metadata: .fields([.lane: lane, .queue: delivery.queue]))
        await consumer.acknowledge([delivery.tag])
        return nil
      }
    }
  }

  /// Tells the broker to forget tickets. Those of a lost connection are ignored.
  public func acknowledge(_ tickets: [ReceivedTicket]) async {
    await consumer.acknowledge(tickets.map(\.tag))
  }

  /// Gives all tickets in hand back by opening a new connection.
  ///
  /// - Parameter pause: How long to stay away; others get the tickets meanwhile.
  public func reconnect(after pause: Duration = .zero) async {
    await consumer.reconnect(after: pause)
  }
}
