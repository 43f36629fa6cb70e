import AMQP

/// A queue for one test, deleted at its end.
func withQueue(
  arguments: [String: AMQPFieldValue] = [:], durable: Bool = true,
  _ body: (String) async throws -> Void
) async throws {
  let name = "amqp-tests-\(UInt64.random(in: 0...UInt64.max))"
  let channel = try await AMQPChannel.open(Broker.configuration())
  _ = try await channel.declareQueue(name, durable: durable, arguments: arguments)
  do {
    try await body(name)
  } catch {
    try await channel.deleteQueue(name)
    await channel.close()
    throw error
  }
  try await channel.deleteQueue(name)
  await channel.close()
}

/// A publisher that runs while `body` does.
func withPublisher(
  _ configuration: AMQPConfiguration,
  onConnect: (@Sendable (AMQPChannel) async throws -> Void)? = nil,
  _ body: (AMQPPublisher, inout AsyncStream<AMQPLinkState>.Iterator) async throws -> Void
) async throws {
  let publisher = AMQPPublisher(
    configuration: configuration, onConnect: onConnect, logger: Broker.logger)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await publisher.run() }
    var states = publisher.states.makeAsyncIterator()
    try await body(publisher, &states)
    group.cancelAll()
    try await group.waitForAll()
  }
}

/// A consumer that runs while `body` does.
func withConsumer(
  _ configuration: AMQPConfiguration, _ subscriptions: [AMQPSubscription],
  onConnect: (@Sendable (AMQPChannel) async throws -> Void)? = nil,
  _ body: (AMQPConsumer, inout AMQPConsumerEvents.AsyncIterator) async throws -> Void
) async throws {
  let consumer = AMQPConsumer(
    configuration: configuration, subscriptions: subscriptions, onConnect: onConnect,
    logger: Broker.logger)
  try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await consumer.run() }
    var events = consumer.events.makeAsyncIterator()
    try await body(consumer, &events)
    group.cancelAll()
    try await group.waitForAll()
  }
}

/// What a test waited for did not come.
struct EventsEnded: Error {}

extension AsyncStream<AMQPLinkState>.Iterator {
  /// Skips to the next connection and returns its generation.
  mutating func connected() async throws -> UInt64 {
    while let state = await next() {
      if case .connected(let generation) = state { return generation }
    }
    throw EventsEnded()
  }

  /// Skips to the next end of a connection.
  mutating func disconnected() async throws -> AMQPError {
    while let state = await next() {
      if case .disconnected(let error) = state { return error }
    }
    throw EventsEnded()
  }
}

extension AMQPConsumerEvents.AsyncIterator {
  /// Skips to the next connection and returns its generation and queues.
  mutating func connected() async throws -> (UInt64, [String]) {
    while let event = await next() {
      if case .connected(let generation, let queues) = event { return (generation, queues) }
    }
    throw EventsEnded()
  }

  /// Skips to the next delivery.
  mutating func delivery() async throws -> AMQPDelivery {
    while let event = await next() {
      if case .delivery(let delivery) = event { return delivery }
    }
    throw EventsEnded()
  }

  /// Skips to the next end of a connection.
  mutating func disconnected() async throws -> AMQPError {
    while let event = await next() {
      if case .disconnected(let error) = event { return error }
    }
    throw EventsEnded()
  }

  /// Skips to the next cancelled queue.
  mutating func cancelled() async throws -> String {
    while let event = await next() {
      if case .cancelled(let queue) = event { return queue }
    }
    throw EventsEnded()
  }
}

/// A message for a queue by way of the default exchange.
func outgoing(_ queue: String, _ id: String, body: [UInt8] = []) -> OutgoingMessage {
  OutgoingMessage(
    exchange: "", routingKey: queue, message: AMQPMessage(messageID: id, body: body))
}
