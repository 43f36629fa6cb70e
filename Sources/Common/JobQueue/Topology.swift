public import AMQP
public import Jobs

/// What OpenClaw declares in RabbitMQ, as `queues/topology.yaml` says.
public struct Topology: Sendable, Hashable {
  /// At least one; holds the exchanges that `lanes` and `replies` name.
  public let exchanges: [Exchange]
  /// The durable part: one queue a lane.
  public let lanes: Lanes
  /// The part that lasts as long as a gateway's connection.
  public let replies: Replies

  /// An exchange; always durable.
  public struct Exchange: Sendable, Hashable {
    /// 1 to 255 bytes, as AMQP allows.
    public let name: String
    /// `direct`, `fanout` or `topic`.
    public let type: String
  }

  /// The queues of work: one a pool and priority.
  public struct Lanes: Sendable, Hashable {
    /// One of ``Topology/exchanges``; its routing keys are lanes such as `agent.main.urgent`.
    public let exchange: String
    /// A name that holds `{pool}` and `{priority}` once each.
    public let queue: String
    /// At least one, each once, in the order of the file.
    public let priorities: [Priority]
    /// At least one, each once, in the order of the file.
    public let pools: [Pool]
    /// The `x-` arguments of each queue; `x-queue-type` is `quorum`.
    public let arguments: [String: AMQPFieldValue]
  }

  /// The exclusive queues through which gateways hear of their jobs.
  public struct Replies: Sendable, Hashable {
    /// One of ``Topology/exchanges``; its routing keys are `shard.<number>`.
    public let exchange: String
    /// How many routing keys the jobs are spread over.
    public let shards: Int
    /// The `x-` arguments of each gateway's queue.
    public let arguments: [String: AMQPFieldValue]
  }

  /// Every lane, pools in the order of the file, urgent first.
  public var allLanes: [Lane] {
    lanes.pools.flatMap { pool in
      lanes.priorities.sorted().map { Lane(pool: pool, priority: $0) }
    }
  }

  /// The AMQP queue of a lane.
  public func queue(of lane: Lane) -> String {
    lanes.queue.replacing("{pool}", with: lane.pool.name)
      .replacing("{priority}", with: lane.priority.name)
  }
}

extension Topology {
  /// Declares everything on a broker; does nothing where it is there already.
  ///
  /// - Throws: `AMQPError` with `preconditionFailed` when a queue or exchange is there with other
  ///   properties; the message names it and the argument.
  public func declare(on channel: AMQPChannel) async throws {
    for exchange in exchanges {
      try await channel.declareExchange(exchange.name, type: exchange.type, durable: true)
    }
    for lane in allLanes {
      let name = queue(of: lane)
      _ = try await channel.declareQueue(
        name, durable: true, exclusive: false, autoDelete: false, arguments: lanes.arguments)
      try await channel.bind(
        queue: name, exchange: lanes.exchange, routingKey: lane.description)
    }
  }
}

extension String {
  /// Replaces every occurrence; compares bytes.
  fileprivate func replacing(_ placeholder: String, with text: String) -> String {
    split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: text)
  }
}
