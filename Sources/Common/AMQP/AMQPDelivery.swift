/// A queue to consume from.
public struct AMQPSubscription: Sendable {
  /// The queue's name; nil declares, on each connection, an exclusive auto-delete queue that the
  /// broker names.
  public var queue: String?
  /// Arguments of that declaration; not used when the queue has a name.
  public var arguments: [String: AMQPFieldValue]
  /// Deliveries that may be unacked at a time, 1...65535; 0 means no limit (`basic.qos` with
  /// global=false). Without meaning under ``noAck``.
  public var prefetch: UInt16
  /// Whether deliveries count as acked when sent. They are dropped while the reader of the events
  /// is ``AMQPConsumer/noAckBacklog`` behind.
  public var noAck: Bool
  /// The beginning of the consumer tag, for people who look into the broker.
  public var label: String

  /// A subscription.
  public init(
    queue: String?, arguments: [String: AMQPFieldValue] = [:], prefetch: UInt16 = 1,
    noAck: Bool = false, label: String = "openclaw"
  ) {
    self.queue = queue
    self.arguments = arguments
    self.prefetch = prefetch
    self.noAck = noAck
    self.label = label
  }
}

/// Names a delivery on one connection; worthless on the next one.
public struct AMQPDeliveryTag: Sendable, Hashable {
  /// The connection, counted from 1.
  public let generation: UInt64
  /// The broker's delivery tag on it.
  public let number: UInt64
}

/// A message from a queue.
public struct AMQPDelivery: Sendable {
  /// Which of the consumer's subscriptions it belongs to, from 0.
  public let subscriptionIndex: Int
  /// The queue that it came from.
  public let queue: String
  /// Where it was published to.
  public let exchange: String
  /// What it was published with.
  public let routingKey: String
  /// Whether it may have been delivered before.
  public let redelivered: Bool
  /// For acknowledge and reject; without meaning under noAck.
  public let tag: AMQPDeliveryTag
  /// What was published.
  public let message: AMQPMessage
}

/// What a consumer has to tell, in order.
public enum AMQPConsumerEvent: Sendable {
  /// Connected, set up and consuming; the queues' names are in the order of the subscriptions.
  /// Bindings of queues that the broker named are gone and must be made again.
  case connected(generation: UInt64, queues: [String])
  /// A message.
  case delivery(AMQPDelivery)
  /// The broker ended a subscription: its queue was deleted or lost its leader. A new connection
  /// follows.
  case cancelled(queue: String)
  /// The connection ended, or an attempt to connect failed. Unacked deliveries go back.
  case disconnected(AMQPError)
}
