import Logging

extension AMQPConsumer {
  // Heartbeats are served by reading: at least once a second.
  private static let pumpInterval = Duration.seconds(1)

  /// Connects, reads until something ends the connection, pauses, and again, until stopped.
  func serve() async {
    while !isStopping {
      await stayAway()
      if isStopping { break }
      do throws(AMQPError) {
        try await connect()
        await pump { [self] in !isStopping }
      } catch {
        drop(error)
      }
      if let error = failure, !isStopping { await pause(after: error) }
    }
    if connection != nil, !Task.isCancelled { await drain() }
    connection?.close()
    drop(AMQPError(.closedByOwner, "the consumer has ended"))
  }

  private func connect() async throws(AMQPError) {
    failure = nil
    let connection = try Connection(configuration, executor: executor, heartbeats: true)
    try await setUp(connection, onConnect)
    // The owner may have said so meanwhile.
    guard plan.absence(at: .now) == nil else {
      connection.close()
      throw AMQPError(.closedByOwner, "the owner wants no connection now")
    }
    (queues, indexByTag) = ([], [:])
    for index in subscriptions.indices { try subscribe(index, on: connection) }
    self.connection = connection
    generation += 1
    plan.connected(at: .now)
    logger.connected(configuration, generation: generation)
    events.send(.connected(generation: generation, queues: queues))
  }

  private func subscribe(_ index: Int, on connection: Connection) throws(AMQPError) {
    let subscription = subscriptions[index]
    let queue =
      if let name = subscription.queue {
        name
      } else {
        try connection.declareQueue(
          "", passive: false, durable: false, exclusive: true, autoDelete: true,
          arguments: subscription.arguments
        ).name
      }
    let consumerTag = "\(subscription.label)-\(index)"
    try connection.consume(
      queue: queue, consumerTag: consumerTag, prefetch: subscription.prefetch,
      noAck: subscription.noAck)
    queues.append(queue)
    indexByTag[consumerTag] = index
  }

  private func drain() async {
    guard let connection else { return }
    do throws(AMQPError) {
      for tag in indexByTag.keys.sorted() { try connection.writer.cancel(consumerTag: tag) }
      try connection.flush()
    } catch {
      drop(error)
    }
    await pump(until: .now + configuration.drainTimeout) { [self] in
      !unsettled.isEmpty && !Task.isCancelled
    }
  }

  private func pump(
    until end: ContinuousClock.Instant? = nil, while goesOn: () -> Bool
  ) async {
    while let connection, goesOn() {
      let isDone = readEvents()
      let now = ContinuousClock.now
      if let end, now >= end { return }
      // Also with more to read, the jobs that wait have their turn.
      let wait = min(isDone ? Self.pumpInterval : .zero, end.map { $0 - now } ?? Self.pumpInterval)
      await executor.rest(on: connection.descriptor, atMost: wait)
    }
  }

  private func pause(after error: AMQPError) async {
    let pause = plan.failed(at: .now, random: .random(in: 0...1))
    logger.disconnected(configuration, error, pause: pause)
    await executor.sleep(until: .now + pause) { [self] in isStopping }
  }

  private func stayAway() async {
    while !isStopping, let absence = plan.absence(at: .now) {
      await executor.sleep(until: .now + absence) { [self] in isStopping }
    }
  }

  // Handles what the broker has said; false when more may be waiting.
  private func readEvents() -> Bool {
    guard let connection else { return true }
    var incoming: [Incoming] = []
    var isDone = true
    var ending: AMQPError?
    do throws(AMQPError) {
      isDone = try connection.receive(into: &incoming)
    } catch {
      ending = error
    }
    // An event may end the connection; what came behind it is redelivered on the next one.
    for event in incoming where self.connection === connection { handle(event) }
    if let ending { drop(ending) }
    return isDone
  }

  /// Forgets the connection; what was unacked goes back to its queues.
  func drop(_ error: AMQPError) {
    let wasConnected = connection != nil
    if error.replyCode != nil || error.code == .consumerCancelled { connection?.close() }
    connection = nil
    unsettled = []
    if failure == nil || wasConnected { events.send(.disconnected(error)) }
    failure = error
  }

  private func handle(_ event: Incoming) {
    switch event {
    case .delivery(let consumerTag, let number, let redelivered, let content):
      // What arrives after the shutdown began is not taken: it goes back with the connection.
      guard let index = indexByTag[consumerTag], !isStopping else { return }
      deliver(
        AMQPDelivery(
          subscriptionIndex: index, queue: queues[index], exchange: content.exchange,
          routingKey: content.routingKey, redelivered: redelivered,
          tag: AMQPDeliveryTag(generation: generation, number: number), message: content.message))
    case .cancelled(let consumerTag):
      guard let index = indexByTag[consumerTag] else { return }
      events.send(.cancelled(queue: queues[index]))
      drop(AMQPError(.consumerCancelled, "the broker cancelled the consumer of \(queues[index])"))
    case .acknowledged, .rejected, .returned, .blocked, .unblocked: break
    }
  }

  private func deliver(_ delivery: AMQPDelivery) {
    if subscriptions[delivery.subscriptionIndex].noAck {
      if !events.sendUnacked(delivery) { droppedCount += 1 }
    } else {
      unsettled.insert(delivery.tag.number)
      events.send(.delivery(delivery))
    }
  }
}
