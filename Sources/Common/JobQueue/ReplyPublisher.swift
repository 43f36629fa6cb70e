public import AMQP
public import Logging
public import ServiceLifecycle

/// Sends replies on a connection of its own; never waits, and drops them when it cannot send.
public struct ReplyPublisher: Service {
  private let publisher: AMQPPublisher
  private let topology: Topology
  private let source: String

  /// Connects in ``run()``; `source` becomes the `app-id` of each message.
  public init(
    configuration: AMQPConfiguration, topology: Topology, source: String, logger: Logger
  ) {
    publisher = AMQPPublisher(
      configuration: configuration, onConnect: { try await topology.declare(on: $0) },
      logger: logger)
    self.topology = topology
    self.source = source
  }

  /// Keeps the connection until shutdown.
  public func run() async throws { try await publisher.run() }

  /// Whether the broker is there and takes messages.
  public var isReady: Bool { publisher.isReady }

  /// Sends what can be sent now.
  public func publish(_ replies: [Reply]) async {
    _ = await publisher.publishUnconfirmed(
      replies.map {
        OutgoingMessage(
          exchange: topology.replies.exchange,
          routingKey: Reply.routingKey(of: $0.job, shards: topology.replies.shards),
          message: $0.message(source: source))
      })
  }
}
