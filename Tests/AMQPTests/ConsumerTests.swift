import AMQP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ConsumerTests {
  @Test func `a message arrives as it was sent and is gone once acked`() async throws {
    try await withQueue { queue in
      let sent = AMQPMessage(
        messageID: "id", type: "request", appID: "app", correlationID: "job",
        timestamp: 1_700_000_000,
        contentType: "application/json",
        headers: ["text": .string("héllo"), "number": .integer(-5), "flag": .boolean(true)],
        expiration: "60000", body: Array("{}".utf8))
      try await publishAll([OutgoingMessage(exchange: "", routingKey: queue, message: sent)])
      try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: queue)]) {
        consumer, events in
        let (generation, queues) = try await events.connected()
        #expect(generation == 1)
        #expect(queues == [queue])
        let delivery = try await events.delivery()
        #expect(delivery.message == sent)
        #expect(delivery.routingKey == queue)
        #expect(delivery.queue == queue)
        #expect(!delivery.redelivered)
        await consumer.acknowledge([delivery.tag])
      }
      try await expectDepth(0, of: queue)
    }
  }

  @Test func `prefetch bounds what is delivered before an ack`() async throws {
    try await withQueue { queue in
      try await publishAll((1...3).map { outgoing(queue, "\($0)") })
      try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: queue, prefetch: 2)])
      {
        consumer, events in
        let first = try await events.delivery()
        _ = try await events.delivery()
        // The third is still in the queue; it comes when the first is acked.
        try await expectDepth(1, of: queue)
        await consumer.acknowledge([first.tag])
        let third = try await events.delivery()
        #expect(third.message.messageID == "3")
      }
    }
  }

  @Test func `what was not acked comes again after a reconnect, and its old tag is ignored`()
    async throws
  {
    try await withQueue { queue in
      try await publishAll([outgoing(queue, "1"), outgoing(queue, "2")])
      try await withConsumer(
        Broker.configuration(), [AMQPSubscription(queue: queue, prefetch: 10)]
      ) { consumer, events in
        let first = try await events.delivery()
        let second = try await events.delivery()
        await consumer.acknowledge([first.tag, first.tag])
        await consumer.reconnect()
        let (generation, _) = try await events.connected()
        #expect(generation == 2)
        let again = try await events.delivery()
        #expect(again.message.messageID == "2")
        #expect(again.redelivered)
        // Were the stale tag sent, the broker would close the channel and deliver once more.
        await consumer.acknowledge([second.tag])
        await consumer.acknowledge([again.tag])
      }
      try await expectDepth(0, of: queue)
    }
  }

  @Test func `one that was told to stay away while it had no connection makes none`()
    async throws
  {
    try await withProxy { proxy, configuration in
      proxy.freeze()
      try await withConsumer(configuration, [AMQPSubscription(queue: nil)]) { consumer, events in
        // It is connecting, and gets no answer.
        await consumer.reconnect(after: .seconds(3))
        let start = ContinuousClock.now
        proxy.thaw()
        _ = try await events.connected()
        #expect(ContinuousClock.now - start >= .seconds(2))
      }
    }
  }

  @Test func `a rejected message is delivered again or dropped, as asked`() async throws {
    try await withQueue { queue in
      try await publishAll([outgoing(queue, "1")])
      try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: queue)]) {
        consumer, events in
        let first = try await events.delivery()
        await consumer.reject([first.tag], requeue: true)
        let again = try await events.delivery()
        #expect(again.redelivered)
        await consumer.reject([again.tag], requeue: false)
      }
      try await expectDepth(0, of: queue)
    }
  }

  @Test(arguments: ["classic", "quorum"])
  func `a deleted queue is reported, and consumed again once redeclared`(type: String) async throws
  {
    let arguments = ["x-queue-type": AMQPFieldValue.string(type)]
    try await withQueue(arguments: arguments) { queue in
      try await withConsumer(
        Broker.configuration(), [AMQPSubscription(queue: queue)],
        onConnect: { _ = try await $0.declareQueue(queue, arguments: arguments) }
      ) { _, events in
        _ = try await events.connected()
        let admin = try await AMQPChannel.open(Broker.configuration())
        try await admin.deleteQueue(queue)
        await admin.close()
        let cancelled = try await events.cancelled()
        #expect(cancelled == queue)
        let error = try await events.disconnected()
        #expect(error.code == .consumerCancelled)
        _ = try await events.connected()
        try await publishAll([outgoing(queue, "1")])
        let delivery = try await events.delivery()
        #expect(delivery.message.messageID == "1")
      }
    }
  }

  @Test func `a queue named by the broker is bound and unbound at run time`() async throws {
    let exchange = "amqp-tests-\(UInt64.random(in: 0...UInt64.max))"
    let reply = AMQPSubscription(
      queue: nil, arguments: ["x-max-length": .integer(20)], noAck: true)
    try await withConsumer(
      Broker.configuration(), [reply],
      onConnect: { try await $0.declareExchange(exchange, type: "direct", durable: false) }
    ) { consumer, events in
      let (_, queues) = try await events.connected()
      #expect(queues[0].hasPrefix("amq.gen"))
      let keys = (0..<50).map { "shard.\($0)" }
      try await consumer.bind(queueAt: 0, exchange: exchange, routingKeys: keys)
      let messages = keys.map {
        OutgoingMessage(exchange: exchange, routingKey: $0, message: AMQPMessage(messageID: $0))
      }
      try await publishAll(messages)
      for key in keys {
        let delivery = try await events.delivery()
        #expect(delivery.message.messageID == key)
      }
      try await consumer.unbind(queueAt: 0, exchange: exchange, routingKeys: Array(keys.dropLast()))
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        let outcomes = await publisher.publish(messages)
        #expect(outcomes.count { $0 == .confirmed } == 1)
      }
      let admin = try await AMQPChannel.open(Broker.configuration())
      try await admin.deleteExchange(exchange)
      await admin.close()
    }
  }

  @Test func `binding to an exchange that is not there costs the connection and says so`()
    async throws
  {
    try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: nil)]) {
      consumer, events in
      _ = try await events.connected()
      let error = await #expect(throws: AMQPError.self) {
        try await consumer.bind(
          queueAt: 0, exchange: "amqp-tests-none", routingKeys: ["a", "b", "c"])
      }
      #expect(error?.code == .notFound)
      let wrong = await #expect(throws: AMQPError.self) {
        try await consumer.bind(queueAt: 7, exchange: "amq.direct", routingKeys: ["a"])
      }
      #expect(wrong?.code == .badArgument)
      let (generation, _) = try await events.connected()
      #expect(generation == 2)
    }
  }

  @Test func `a routing key that is too long binds nothing and costs nothing`() async throws {
    try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: nil, noAck: true)]) {
      consumer, events in
      let (_, queues) = try await events.connected()
      let long = String(repeating: "k", count: 256)
      let error = await #expect(throws: AMQPError.self) {
        try await consumer.bind(queueAt: 0, exchange: "amqp-tests-none", routingKeys: ["a", long])
      }
      #expect(error?.code == .badArgument)
      try await consumer.bind(queueAt: 0, exchange: "amq.direct", routingKeys: [queues[0]])
      try await publishAll([outgoing(queues[0], "1")])
      let delivery = try await events.delivery()
      #expect(delivery.tag.generation == 1)
    }
  }

  @Test func `subscriptions of one connection keep their places`() async throws {
    try await withQueue { first in
      try await withQueue(arguments: ["x-queue-type": .string("quorum")]) { second in
        let subscriptions = [first, second].map { AMQPSubscription(queue: $0, prefetch: 5) }
        try await publishAll([outgoing(second, "s"), outgoing(first, "f")])
        try await withConsumer(Broker.configuration(), subscriptions) { consumer, events in
          var places: [String: Int] = [:]
          for _ in 0..<2 {
            let delivery = try await events.delivery()
            places[delivery.message.messageID ?? ""] = delivery.subscriptionIndex
            await consumer.acknowledge([delivery.tag])
          }
          #expect(places == ["f": 0, "s": 1])
        }
      }
    }
  }

  @Test func `a consumer that shall stay away does so also while it has no connection`()
    async throws
  {
    let consumer = AMQPConsumer(
      configuration: try Broker.configuration(), subscriptions: [], logger: Broker.logger)
    let start = ContinuousClock.now
    await consumer.reconnect(after: .seconds(1))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await consumer.run() }
      var events = consumer.events.makeAsyncIterator()
      _ = try await events.connected()
      #expect(ContinuousClock.now - start >= .seconds(1))
      group.cancelAll()
    }
  }

  @Test func `the events end with the service`() async throws {
    let consumer = AMQPConsumer(
      configuration: try Broker.configuration(), subscriptions: [], logger: Broker.logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await consumer.run() }
      var events = consumer.events.makeAsyncIterator()
      _ = try await events.connected()
      group.cancelAll()
      let error = try await events.disconnected()
      #expect(error.code == .closedByOwner)
      let end = await events.next()
      #expect(end == nil)
    }
  }
}

/// Publishes and expects a confirm for each.
private func publishAll(_ messages: [OutgoingMessage]) async throws {
  try await withPublisher(Broker.configuration()) { publisher, states in
    _ = try await states.connected()
    let outcomes = await publisher.publish(messages)
    #expect(outcomes.allSatisfy { $0 == .confirmed })
  }
}

private func expectDepth(_ depth: UInt32, of queue: String) async throws {
  let admin = try await AMQPChannel.open(Broker.configuration())
  let found = try await admin.declareQueuePassive(queue)
  #expect(found.messageCount == depth)
  await admin.close()
}
