import AMQP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PublisherTests {
  @Test func `ten thousand messages in batches are confirmed`() async throws {
    try await withQueue(arguments: ["x-queue-type": .string("quorum")]) { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        let start = ContinuousClock.now
        let count = await withTaskGroup(of: Int.self) { group in
          for lane in 0..<4 {
            group.addTask {
              var confirmed = 0
              for batch in 0..<10 {
                let messages = (0..<250).map {
                  outgoing(queue, "\(lane)-\(batch)-\($0)", body: [UInt8](repeating: 7, count: 500))
                }
                confirmed += await publisher.publish(messages).count { $0 == .confirmed }
              }
              return confirmed
            }
          }
          return await group.reduce(0, +)
        }
        #expect(count == 10_000)
        print("10,000 confirmed in \(ContinuousClock.now - start)")
      }
    }
  }

  @Test func `outcomes are in the order of the messages`() async throws {
    try await withQueue { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        let outcomes = await publisher.publish([
          outgoing(queue, "1"), outgoing("amqp-tests-none", "2"),
          outgoing(queue, String(repeating: "x", count: 256)), outgoing(queue, "4"),
        ])
        #expect(
          outcomes == [
            .confirmed, .returned(code: 312, text: "NO_ROUTE"),
            .refused(.invalid("message_id is longer than 255 bytes")), .confirmed,
          ])
      }
    }
  }

  @Test func `headers that do not fit into a frame are refused and cost nothing`() async throws {
    try await withQueue { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        var large = outgoing(queue, "1")
        large.message.headers["h"] = .string(String(repeating: "x", count: 140_000))
        let outcomes = await publisher.publish([large, outgoing(queue, "2")])
        guard case .refused(.invalid) = outcomes[0] else {
          Issue.record("not refused: \(outcomes[0])")
          return
        }
        #expect(outcomes[1] == .confirmed)
      }
    }
  }

  @Test(arguments: ["classic", "quorum"])
  func `a full queue that rejects publishes nacks`(type: String) async throws {
    let arguments: [String: AMQPFieldValue] = [
      "x-queue-type": .string(type), "x-max-length": .integer(10),
      "x-overflow": .string("reject-publish"),
    ]
    try await withQueue(arguments: arguments) { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        var outcomes: [PublishOutcome] = []
        // The limit is soft: batches go on until one is refused.
        for batch in 0..<100 where !outcomes.contains(.nacked) {
          outcomes = await publisher.publish((0..<10).map { outgoing(queue, "\(batch)-\($0)") })
        }
        #expect(outcomes.contains(.nacked))
      }
    }
  }

  @Test func `what is published without confirms arrives as well`() async throws {
    try await withQueue { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        #expect(
          await publisher.publishUnconfirmed([outgoing(queue, "1"), outgoing("none", "2")]) == 2)
        #expect(await publisher.publish([outgoing(queue, "3")]) == [.confirmed])
        #expect(await publisher.publishUnconfirmed([outgoing(queue, "4")]) == 1)
        #expect(await publisher.publish([outgoing(queue, "5")]) == [.confirmed])
      }
      let channel = try await AMQPChannel.open(Broker.configuration())
      #expect(try await channel.purgeQueue(queue) == 4)
      await channel.close()
    }
  }

  @Test func `nothing is published before the first connection`() async throws {
    let publisher = AMQPPublisher(configuration: try Broker.configuration(), logger: Broker.logger)
    #expect(!publisher.isReady)
    #expect(await publisher.publish([outgoing("q", "1")]) == [.refused(.notConnected)])
    #expect(await publisher.publishUnconfirmed([outgoing("q", "1")]) == 0)
  }

  @Test func `a refused connection is tried again and publishing is refused at once`() async throws
  {
    var configuration = try Broker.configuration()
    configuration.host = "127.0.0.1"
    configuration.port = 1
    try await withPublisher(configuration) { publisher, states in
      let first = try await states.disconnected()
      #expect(first.code == .connectFailed)
      #expect(await publisher.publish([outgoing("q", "1")]) == [.refused(.notConnected)])
      let second = try await states.disconnected()
      #expect(second.code == .connectFailed)
    }
  }

  @Test func `what onConnect declares is there before the first message`() async throws {
    let name = "amqp-tests-\(UInt64.random(in: 0...UInt64.max))"
    try await withPublisher(
      Broker.configuration(),
      onConnect: { _ = try await $0.declareQueue(name, durable: false, exclusive: true) }
    ) { publisher, states in
      _ = try await states.connected()
      #expect(await publisher.publish([outgoing(name, "1")]) == [.confirmed])
    }
  }

  @Test func `an error in onConnect is shown and tried again`() async throws {
    try await withQueue { queue in
      try await withPublisher(
        Broker.configuration(),
        onConnect: {
          _ = try await $0.declareQueue(queue, arguments: ["x-max-length": .integer(1)])
        }
      ) { publisher, states in
        for _ in 0..<2 {
          let error = try await states.disconnected()
          #expect(error.code == .preconditionFailed)
          #expect(error.message.contains(queue))
        }
        #expect(!publisher.isReady)
      }
    }
  }

  @Test func `a large body arrives whole`() async throws {
    let body = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    try await withQueue { queue in
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        #expect(await publisher.publish([outgoing(queue, "1", body: body)]) == [.confirmed])
      }
      try await withConsumer(Broker.configuration(), [AMQPSubscription(queue: queue)]) {
        _, events in
        let delivery = try await events.delivery()
        #expect(delivery.message.body == body)
      }
    }
  }
}
