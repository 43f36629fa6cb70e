import Executors
public import Logging
public import ServiceLifecycle

/// Consumes from queues on one long-lived connection of its own, and reconnects by itself.
///
/// ``run()`` owns the connection. What is delivered and not acked goes back to its queue whenever
/// the connection ends; tags of an older connection are ignored.
public actor AMQPConsumer: Service {
  /// How many noAck deliveries may wait for the reader; more are dropped and counted.
  public static let noAckBacklog = 8192

  /// What happens, in order; for one reader. Deliveries with ack are bounded by prefetch.
  public nonisolated let events = AMQPConsumerEvents(limit: noAckBacklog)

  nonisolated let executor: ThreadExecutor
  let configuration: AMQPConfiguration
  let subscriptions: [AMQPSubscription]
  let logger: Logger
  let onConnect: (@Sendable (AMQPChannel) async throws -> Void)?

  var connection: Connection?
  var queues: [String] = []
  var indexByTag: [String: Int] = [:]
  /// Delivered on this connection and not acked yet.
  var unsettled: Set<UInt64> = []
  var plan: ReconnectPlan
  var generation: UInt64 = 0
  var isStopping = false
  /// Why the connection was dropped, until the loop has seen it.
  var failure: AMQPError?

  /// noAck deliveries dropped because the reader was too far behind, since the start.
  public internal(set) var droppedCount = 0

  /// The thread that owns the connection.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// A consumer that does nothing before ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: Where and how long.
  ///   - subscriptions: Made on each connection, in this order.
  ///   - onConnect: Declares what is consumed, on each new connection before the subscriptions; an
  ///     error makes it try again later.
  ///   - logger: Gets one entry per connection made or lost.
  public init(
    configuration: AMQPConfiguration, subscriptions: [AMQPSubscription],
    onConnect: (@Sendable (AMQPChannel) async throws -> Void)? = nil, logger: Logger
  ) {
    self.configuration = configuration
    self.subscriptions = subscriptions
    self.onConnect = onConnect
    self.logger = logger
    executor = ThreadExecutor(name: "amqp-consume")
    plan = ReconnectPlan(configuration.backoff)
  }

  /// Keeps a connection until graceful shutdown or cancellation. Call it once.
  ///
  /// On graceful shutdown it stops the deliveries and waits for the acks of what was delivered,
  /// for ``AMQPConfiguration/drainTimeout`` at most; on cancellation it closes at once.
  public func run() async throws {
    await withDiscardingTaskGroup { group in
      group.addTask { [self] in
        try? await gracefulShutdown()  // throws when cancelled, which ends the service as well
        await stop()
      }
      await serve()
      group.cancelAll()
    }
    events.finish()
  }

  /// Acks deliveries with one write. Tags of an older connection and settled ones are ignored.
  public func acknowledge(_ tags: [AMQPDeliveryTag]) {
    guard let last = newest(tags) else {
      return settle(tags) { writer, number throws(AMQPError) in try writer.acknowledge(number) }
    }
    // The broker settles a whole range for the price of one.
    settle(tags) { writer, number throws(AMQPError) in
      if number == last { try writer.acknowledge(number, multiple: true) }
    }
  }

  /// Gives deliveries back with one write (`basic.reject`); ignores the same tags.
  ///
  /// - Parameter requeue: Whether the queue keeps them; they count towards its delivery limit.
  public func reject(_ tags: [AMQPDeliveryTag], requeue: Bool) {
    settle(tags) { writer, number throws(AMQPError) in
      try writer.reject(number, requeue: requeue)
    }
  }

  /// Binds a subscription's queue, for a queue that the broker named. One round trip for all keys.
  ///
  /// - Parameters:
  ///   - index: The subscription's, from 0.
  ///   - exchange: One that exists.
  ///   - routingKeys: Bound already is no error.
  /// - Throws: `notConnected`, `badArgument`, or what the broker answered, which costs the
  ///   connection.
  public func bind(
    queueAt index: Int, exchange: String, routingKeys: [String]
  ) throws(AMQPError) {
    try change(queueAt: index) { connection, queue throws(AMQPError) in
      // Before the first is written: either all are bound or none is.
      guard routingKeys.allSatisfy({ $0.utf8.count <= 255 }) else {
        throw AMQPError(.badArgument, "a routing key is longer than 255 bytes")
      }
      for key in routingKeys.dropLast() {
        try connection.writer.bind(queue: queue, exchange: exchange, routingKey: key)
      }
      try connection.flush()
      guard let last = routingKeys.last else { return }
      try connection.bind(queue: queue, exchange: exchange, routingKey: last)
    }
  }

  /// Removes such bindings, one round trip each; one that does not exist is no error.
  ///
  /// - Throws: As ``bind(queueAt:exchange:routingKeys:)``.
  public func unbind(
    queueAt index: Int, exchange: String, routingKeys: [String]
  ) throws(AMQPError) {
    try change(queueAt: index) { connection, queue throws(AMQPError) in
      for key in routingKeys {
        try connection.unbind(queue: queue, exchange: exchange, routingKey: key)
      }
    }
  }

  /// Drops the connection, so that all that is unacked goes back to its queues.
  ///
  /// - Parameter pause: How long to stay away at least, also where there is no connection now;
  ///   otherwise the usual back-off.
  public func reconnect(after pause: Duration = .zero) {
    plan.stayAway(pause, at: .now)
    guard connection != nil else { return }
    connection?.close()
    drop(AMQPError(.closedByOwner, "the owner asked for a new connection"))
  }

  private func stop() { isStopping = true }

  /// The newest of the tags, if these and no others are unsettled up to it.
  private func newest(_ tags: [AMQPDeliveryTag]) -> UInt64? {
    let mine = Set(tags.filter { $0.generation == generation }.map(\.number))
      .intersection(unsettled)
    guard mine.count > 1, let last = mine.max(),
      unsettled.count(where: { $0 <= last }) == mine.count
    else { return nil }
    return last
  }

  private func settle(
    _ tags: [AMQPDeliveryTag], _ encode: (FrameWriter, UInt64) throws(AMQPError) -> Void
  ) {
    guard let connection else { return }
    do throws(AMQPError) {
      for tag in tags
      where tag.generation == generation && unsettled.remove(tag.number) != nil {
        try encode(connection.writer, tag.number)
      }
      try connection.flush()
    } catch {
      drop(error)
    }
  }

  private func change(
    queueAt index: Int, _ body: (Connection, String) throws(AMQPError) -> Void
  ) throws(AMQPError) {
    guard let connection, queues.indices.contains(index) else {
      guard subscriptions.indices.contains(index) else {
        throw AMQPError(.badArgument, "there is no subscription \(index)")
      }
      throw AMQPError(.notConnected, "there is no connection now")
    }
    do throws(AMQPError) {
      try body(connection, queues[index])
    } catch {
      // A name that is too long costs nothing; anything else has cost the channel.
      if error.code == .badArgument { connection.writer.discard() } else { drop(error) }
      throw error
    }
  }
}
