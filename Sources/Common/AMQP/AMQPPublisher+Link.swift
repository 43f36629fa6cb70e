import Logging

extension AMQPPublisher {
  // Heartbeats are served by reading: at least once a second.
  private static let pumpInterval = Duration.seconds(1)

  /// Connects, reads until something ends the connection, pauses, and again, until stopped.
  func serve() async {
    while !isStopping {
      do throws(AMQPError) {
        try await connect()
        await pump { [self] in !isStopping }
      } catch {
        drop(error)
      }
      if let error = failure, !isStopping { await pause(after: error) }
    }
    await pump(until: .now + configuration.drainTimeout) { [self] in
      ledger.openCount > 0
    }
    connection?.close()
    drop(AMQPError(.closedByOwner, "the publisher has ended"))
  }

  private func connect() async throws(AMQPError) {
    failure = nil
    let connection = try Connection(configuration, executor: executor, heartbeats: true)
    try await setUp(connection, onConnect)
    self.connection = connection
    generation += 1
    plan.connected(at: .now)
    logger.connected(configuration, generation: generation)
    setRefusal(nil)
    stateSink.yield(.connected(generation: generation))
  }

  private func pump(
    until end: ContinuousClock.Instant? = nil, while goesOn: () -> Bool
  ) async {
    while let connection, goesOn() {
      let isDone = readAnswers()
      let now = ContinuousClock.now
      if let end, now >= end { return }
      // Also with more to read, the jobs that wait have their turn.
      var wait = isDone ? Self.pumpInterval : .zero
      if let end { wait = min(wait, end - now) }
      if let deadline = ledger.nextDeadline { wait = min(wait, deadline - now) }
      await executor.rest(on: connection.descriptor, atMost: max(wait, .zero))
    }
  }

  private func pause(after error: AMQPError) async {
    let pause = plan.failed(at: .now, random: .random(in: 0...1))
    logger.disconnected(configuration, error, pause: pause)
    await executor.sleep(until: .now + pause) { [self] in isStopping }
  }

  /// Handles what the broker has said; false when more may be waiting.
  @discardableResult
  func readAnswers() -> Bool {
    guard let connection else { return true }
    var events: [Incoming] = []
    var isDone = true
    var ending: AMQPError?
    do throws(AMQPError) {
      isDone = try connection.receive(into: &events)
    } catch {
      ending = error
    }
    for event in events { handle(event) }
    settle(ledger.expire(at: .now))
    if let ending { drop(ending) }
    return isDone
  }

  /// Forgets the connection; what is in flight becomes unknown.
  func drop(_ error: AMQPError) {
    let wasConnected = connection != nil
    if error.replyCode != nil { connection?.close() }
    connection = nil
    hasConfirms = false
    setRefusal(.notConnected)
    settle(ledger.close(.connectionLost))
    if failure == nil || wasConnected { stateSink.yield(.disconnected(error)) }
    failure = error
  }

  private func handle(_ event: Incoming) {
    switch event {
    case .acknowledged(let tag, let multiple):
      settle(ledger.acknowledged(tag, multiple: multiple))
    case .rejected(let tag, let multiple):
      settle(ledger.rejected(tag, multiple: multiple))
    case .returned(let code, let text, let content):
      ledger.returned(
        ReturnKey(
          messageID: content.message.messageID, exchange: content.exchange,
          routingKey: content.routingKey), code: code, text: text)
    case .blocked(let reason):
      setRefusal(.blocked)
      logger.warning("the broker takes no messages", metadata: [LogKey.error: "\(reason)"])
      stateSink.yield(.blocked(reason: reason))
    case .unblocked:
      setRefusal(nil)
      stateSink.yield(.unblocked)
    case .delivery, .cancelled: break
    }
  }

  private func settle(_ settlements: [ConfirmLedger<(batch: PublishBatch, index: Int)>.Settlement])
  {
    for (slot, outcome) in settlements { slot.batch.settle(slot.index, outcome) }
  }
}
