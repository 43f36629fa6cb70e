import AMQP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ChannelTests {
  @Test func `a queue of other arguments is refused with its name and the argument`() async throws {
    try await withQueue(arguments: ["x-max-length": .integer(5)]) { queue in
      let channel = try await AMQPChannel.open(Broker.configuration())
      let error = await #expect(throws: AMQPError.self) {
        try await channel.declareQueue(queue, arguments: ["x-max-length": .integer(6)])
      }
      #expect(error?.code == .preconditionFailed)
      #expect(error?.replyCode == 406)
      #expect(error?.message.contains(queue) == true)
      #expect(error?.message.contains("x-max-length") == true)
      #expect(error?.isRetryable == false)
      await channel.close()
    }
  }

  @Test func `a channel works again after the broker has closed it`() async throws {
    try await withQueue { queue in
      let channel = try await AMQPChannel.open(Broker.configuration())
      let error = await #expect(throws: AMQPError.self) {
        try await channel.declareQueuePassive("amqp-tests-none")
      }
      #expect(error?.code == .notFound)
      #expect(try await channel.declareQueuePassive(queue).name == queue)
      await channel.close()
    }
  }

  @Test func `an exclusive queue is locked for others`() async throws {
    let owner = try await AMQPChannel.open(Broker.configuration())
    let queue = try await owner.declareQueue(nil, durable: false, exclusive: true)
    let other = try await AMQPChannel.open(Broker.configuration())
    let error = await #expect(throws: AMQPError.self) {
      try await other.declareQueuePassive(queue.name)
    }
    #expect(error?.code == .resourceLocked)
    await other.close()
    await owner.close()
  }

  @Test func `a wrong password is told apart and is not retryable`() async throws {
    var configuration = try Broker.configuration()
    configuration.password = "s3cret"
    let error = await #expect(throws: AMQPError.self) { try await AMQPChannel.open(configuration) }
    #expect(error?.code == .authenticationFailed)
    #expect(error?.isRetryable == false)
    #expect(error.map { !"\($0)".contains("s3cret") } == true)
  }

  @Test func `an unknown virtual host is told apart`() async throws {
    var configuration = try Broker.configuration()
    configuration.virtualHost = "amqp-tests-none"
    let error = await #expect(throws: AMQPError.self) { try await AMQPChannel.open(configuration) }
    #expect(error?.code == .authenticationFailed)
    #expect(error?.replyCode == 530)
  }

  @Test func `a closed channel says so`() async throws {
    let channel = try await AMQPChannel.open(Broker.configuration())
    await channel.close()
    await channel.close()
    let error = await #expect(throws: AMQPError.self) { try await channel.purgeQueue("any") }
    #expect(error?.code == .notConnected)
  }

  @Test func `a name that is too long costs nothing`() async throws {
    let channel = try await AMQPChannel.open(Broker.configuration())
    let error = await #expect(throws: AMQPError.self) {
      try await channel.declareQueue(String(repeating: "q", count: 256))
    }
    #expect(error?.code == .badArgument)
    _ = try await channel.declareQueue(nil, durable: false, exclusive: true)
    await channel.close()
  }

  @Test func `bindings route until they are removed`() async throws {
    try await withQueue { queue in
      let channel = try await AMQPChannel.open(Broker.configuration())
      let exchange = "\(queue)-x"
      try await channel.declareExchange(exchange, type: "direct", durable: false)
      try await channel.bind(queue: queue, exchange: exchange, routingKey: "a")
      try await withPublisher(Broker.configuration()) { publisher, states in
        _ = try await states.connected()
        let message = OutgoingMessage(
          exchange: exchange, routingKey: "a", message: AMQPMessage(messageID: "1"))
        #expect(await publisher.publish([message]) == [.confirmed])
        try await channel.unbind(queue: queue, exchange: exchange, routingKey: "a")
        #expect(await publisher.publish([message]) == [.returned(code: 312, text: "NO_ROUTE")])
      }
      #expect(try await channel.purgeQueue(queue) == 1)
      try await channel.deleteExchange(exchange)
      await channel.close()
    }
  }
}
