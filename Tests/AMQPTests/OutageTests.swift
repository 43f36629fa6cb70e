import AMQP
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(1)))
struct OutageTests {
  @Test func `a cut connection settles what is in flight, and publishing works again`() async throws
  {
    try await withQueue { queue in
      try await withProxy { proxy, configuration in
        try await withPublisher(configuration) { publisher, states in
          _ = try await states.connected()
          proxy.cutOnNextBytes()
          let settled = await publisher.publish((0..<100).map { outgoing(queue, "\($0)") })
          #expect(settled.allSatisfy { $0 == .unknown(.connectionLost) })
          let generation = try await states.connected()
          #expect(generation == 2)
          #expect(await publisher.publish([outgoing(queue, "x")]) == [.confirmed])
        }
      }
    }
  }

  @Test func `a broker that answers nothing leaves outcomes unknown after the timeout`()
    async throws
  {
    try await withQueue { queue in
      try await withProxy { proxy, configuration in
        var configuration = configuration
        configuration.confirmTimeout = .seconds(2)
        try await withPublisher(configuration) { publisher, states in
          _ = try await states.connected()
          #expect(await publisher.publish([outgoing(queue, "1")]) == [.confirmed])
          proxy.freeze()
          #expect(await publisher.publish([outgoing(queue, "2")]) == [.unknown(.timeout)])
          proxy.thaw()
          #expect(await publisher.publish([outgoing(queue, "3")]) == [.confirmed])
        }
      }
    }
  }

  @Test func `a peer that takes no bytes cannot hold a publisher for ever`() async throws {
    try await withProxy { proxy, configuration in
      var configuration = configuration
      configuration.writeTimeout = .milliseconds(500)
      try await withPublisher(configuration) { publisher, states in
        _ = try await states.connected()
        proxy.freeze()
        let body = [UInt8](repeating: 0, count: 1 << 20)
        let outcomes = await publisher.publish((0..<40).map { outgoing("q", "\($0)", body: body) })
        #expect(outcomes.contains(.unknown(.connectionLost)))
        #expect(outcomes.last == .refused(.notConnected))
        let error = try await states.disconnected()
        #expect(error.isRetryable)
        proxy.thaw()
        _ = try await states.connected()
      }
    }
  }

  @Test func `a silent broker is noticed by its missing heartbeats`() async throws {
    try await withProxy { proxy, configuration in
      var configuration = configuration
      configuration.heartbeat = .seconds(1)
      try await withConsumer(configuration, [AMQPSubscription(queue: nil)]) { _, events in
        _ = try await events.connected()
        proxy.freeze()
        let error = try await events.disconnected()
        #expect(error.code == .connectionClosed)
        proxy.thaw()
        let (generation, _) = try await events.connected()
        #expect(generation == 2)
      }
    }
  }

  @Test func `idle connections outlive their heartbeats`() async throws {
    var configuration = try Broker.configuration()
    configuration.heartbeat = .seconds(1)
    try await withQueue { target in
      // The broker's own clock: after four seconds the message moves to the consumed queue.
      let delay: [String: AMQPFieldValue] = [
        "x-message-ttl": .integer(4000), "x-dead-letter-exchange": .string(""),
        "x-dead-letter-routing-key": .string(target),
      ]
      try await withQueue(arguments: delay) { source in
        try await withPublisher(configuration) { publisher, states in
          _ = try await states.connected()
          try await withConsumer(configuration, [AMQPSubscription(queue: target)]) { _, events in
            #expect(await publisher.publish([outgoing(source, "1")]) == [.confirmed])
            let delivery = try await events.delivery()
            #expect(delivery.tag.generation == 1)
            #expect(await publisher.publish([outgoing(source, "2")]) == [.confirmed])
          }
        }
      }
    }
  }

  @Test func `a blocked connection refuses until it is unblocked`() async throws {
    try await withQueue { queue in
      try await withProxy { proxy, configuration in
        try await withPublisher(configuration) { publisher, states in
          _ = try await states.connected()
          #expect(await publisher.publish([outgoing(queue, "1")]) == [.confirmed])
          proxy.say(Frames.blocked)
          guard case .blocked(let reason)? = await states.next() else { throw EventsEnded() }
          #expect(reason == "low on memory")
          #expect(!publisher.isReady)
          #expect(await publisher.publish([outgoing(queue, "2")]) == [.refused(.blocked)])
          #expect(await publisher.publishUnconfirmed([outgoing(queue, "2")]) == 0)
          proxy.say(Frames.unblocked)
          guard case .unblocked? = await states.next() else { throw EventsEnded() }
          #expect(await publisher.publish([outgoing(queue, "3")]) == [.confirmed])
        }
      }
    }
  }

  @Test func `a connection that the broker closes is told with its text`() async throws {
    try await withProxy { proxy, configuration in
      try await withPublisher(configuration) { publisher, states in
        _ = try await states.connected()
        proxy.say(Frames.connectionForced)
        let error = try await states.disconnected()
        #expect(error.code == .connectionClosed)
        #expect(error.replyCode == 320)
        #expect(error.message == "bye")
        _ = try await states.connected()
      }
    }
  }

  @Test func `a graceful shutdown waits for the acks of what was delivered`() async throws {
    try await withQueue { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        _ = await publisher.publish([outgoing(queue, "1"), outgoing(queue, "2")])
      }
      let consumer = AMQPConsumer(
        configuration: try Broker.configuration(), subscriptions: [AMQPSubscription(queue: queue)],
        logger: Broker.logger)
      let group = ServiceGroup(services: [consumer], logger: Broker.logger)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        var events = consumer.events.makeAsyncIterator()
        let delivery = try await events.delivery()
        await group.triggerGracefulShutdown()
        await consumer.acknowledge([delivery.tag])
        let error = try await events.disconnected()
        #expect(error.code == .closedByOwner)
        try await tasks.waitForAll()
      }
      let admin = try await AMQPChannel.open(Broker.configuration())
      let left = try await admin.declareQueuePassive(queue)
      #expect(left.messageCount == 1)
      await admin.close()
    }
  }
}

/// Methods on channel 0 as the broker would send them (AMQP 0-9-1, section 2.3.5).
private enum Frames {
  static let blocked = method(60, string("low on memory"))
  static let unblocked = method(61, [])
  static let connectionForced = method(50, [1, 0x40] + string("bye") + [0, 0, 0, 0])

  private static func string(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

  private static func method(_ number: UInt8, _ arguments: [UInt8]) -> [UInt8] {
    [1, 0, 0, 0, 0, 0, UInt8(arguments.count + 4), 0, 10, 0, number] + arguments + [0xCE]
  }
}
