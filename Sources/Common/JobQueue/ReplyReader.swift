public import AMQP
public import Jobs
public import Logging
public import ServiceLifecycle

/// One gateway's exclusive reply queue, bound to the shards that someone there watches.
public struct ReplyReader: Service {
  private let consumer: AMQPConsumer
  private let topology: Topology

  /// Connects in ``run()``; the queue keeps at most what the topology's `replies` arguments allow.
  public init(configuration: AMQPConfiguration, topology: Topology, logger: Logger) {
    self.topology = topology
    consumer = AMQPConsumer(
      configuration: configuration,
      subscriptions: [
        AMQPSubscription(
          queue: nil, arguments: topology.replies.arguments, prefetch: 0, noAck: true)
      ],
      onConnect: { try await topology.declare(on: $0) }, logger: logger)
  }

  /// Keeps the connection until shutdown.
  public func run() async throws { try await consumer.run() }

  /// What happens on the connection.
  public enum Event: Sendable {
    /// A new queue without bindings: bind what is watched, then look into the database.
    case connected
    case reply(Reply)
    case disconnected
  }

  /// The connection's events in order; read it once. What is no reply is left out.
  public var events: some AsyncSequence<Event, Never> & Sendable {
    consumer.events.compactMap { event -> Event? in
      switch event {
      case .connected: .connected
      case .disconnected: .disconnected
      case .cancelled: nil
      case .delivery(let delivery): Reply(delivery.message).map(Event.reply)
      }
    }
  }

  /// The routing key of a job's replies.
  public func routingKey(of job: JobID) -> String {
    Reply.routingKey(of: job, shards: topology.replies.shards)
  }

  /// Binds the queue; when it returns, later replies with the keys arrive.
  ///
  /// - Throws: `AMQPError` when the broker is away; the next `connected` tells when to try again.
  public func bind(_ routingKeys: [String]) async throws {
    try await consumer.bind(
      queueAt: 0, exchange: topology.replies.exchange, routingKeys: routingKeys)
  }

  /// Takes bindings away.
  ///
  /// - Throws: `AMQPError` when the broker is away.
  public func unbind(_ routingKeys: [String]) async throws {
    try await consumer.unbind(
      queueAt: 0, exchange: topology.replies.exchange, routingKeys: routingKeys)
  }
}
