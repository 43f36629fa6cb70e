import Logging

extension AMQPPublisher {
  // A batch is written in parts of this size; answers are read between them.
  private static let partSize = 128 * 1024

  func submit(
    _ messages: [OutgoingMessage], _ onWritten: (@Sendable () -> Void)?
  ) async -> [PublishOutcome] {
    let batch = PublishBatch(count: messages.count)
    write(messages, batch: batch)
    onWritten?()
    return await batch.result()
  }

  func submitUnconfirmed(_ messages: [OutgoingMessage]) -> Int {
    var written = 0
    var next = 0
    while next < messages.count, currentRefusal == nil, let connection, connection.canWrite {
      var encoded = 0
      while next < messages.count, connection.writer.count < Self.partSize {
        encoded += encode(messages[next], on: connection) ? 1 : 0
        next += 1
      }
      guard flush(connection) else { break }
      written += encoded
      readAnswers()
    }
    return written
  }

  private func write(_ messages: [OutgoingMessage], batch: PublishBatch) {
    var next = 0
    while next < messages.count {
      guard currentRefusal == nil, let connection, startConfirms(connection) else {
        batch.settle(from: next, .refused(currentRefusal ?? .notConnected))
        return
      }
      let deadline = ContinuousClock.now + configuration.confirmTimeout
      while next < messages.count, connection.writer.count < Self.partSize {
        encode(messages[next], at: next, of: batch, deadline: deadline, on: connection)
        next += 1
      }
      _ = flush(connection)
      readAnswers()
    }
  }

  private func encode(
    _ outgoing: OutgoingMessage, at index: Int, of batch: PublishBatch,
    deadline: ContinuousClock.Instant, on connection: Connection
  ) {
    do throws(AMQPError) {
      try connection.writer.publish(outgoing, mandatory: true)
      let key = ReturnKey(
        messageID: outgoing.message.messageID, exchange: outgoing.exchange,
        routingKey: outgoing.routingKey)
      ledger.record((batch, index), key: key, deadline: deadline)
    } catch {
      batch.settle(index, .refused(.invalid(error.message)))
    }
  }

  private func encode(_ outgoing: OutgoingMessage, on connection: Connection) -> Bool {
    do throws(AMQPError) {
      try connection.writer.publish(outgoing, mandatory: false)
    } catch {
      logger.warning("a message cannot be sent", metadata: [LogKey.error: "\(error)"])
      return false
    }
    // On a channel with confirms the broker counts this one, too.
    if hasConfirms {
      ledger.record(nil, key: nil, deadline: .now + configuration.confirmTimeout)
    }
    return true
  }

  // Confirms begin with the first publish that wants them: replies alone never pay for them.
  private func startConfirms(_ connection: Connection) -> Bool {
    guard !hasConfirms else { return true }
    do throws(AMQPError) {
      try connection.writer.confirmSelect()
      hasConfirms = true
      return true
    } catch {
      drop(error)
      return false
    }
  }

  private func flush(_ connection: Connection) -> Bool {
    do throws(AMQPError) {
      try connection.flush()
      return true
    } catch {
      drop(error)
      return false
    }
  }
}
