import CRabbitMQ

/// A queue as the broker described it when it was declared.
public struct AMQPQueue: Sendable, Equatable {
  /// Its name; made by the broker if none was given.
  public let name: String
  /// Messages ready for delivery; 0 when a quorum queue's leader is away or slow.
  public let messageCount: UInt32
  /// Its consumers; not reliable in the same case.
  public let consumerCount: UInt32
}

// Each of these sends one method, waits for its answer up to the RPC timeout and keeps frames of
// other kinds for `receive`. After a throw the channel is closed, and after most the connection.
extension Connection {
  /// Wraps `amqp_exchange_declare`.
  func declareExchange(_ name: String, type: String, durable: Bool) throws(AMQPError) {
    try call { arena throws(AMQPError) in
      amqp_exchange_declare(
        handle, FrameWriter.channel, try arena.shortString(name, "the exchange's name"),
        try arena.shortString(type, "the exchange's type"), 0, durable ? 1 : 0, 0, 0,
        amqp_table_t()) != nil
    }
  }

  /// Wraps `amqp_exchange_delete`.
  func deleteExchange(_ name: String) throws(AMQPError) {
    try call { arena throws(AMQPError) in
      let name = try arena.shortString(name, "the exchange's name")
      return amqp_exchange_delete(handle, FrameWriter.channel, name, 0) != nil
    }
  }

  /// Wraps `amqp_queue_declare`; an empty name asks the broker for one.
  func declareQueue(
    _ name: String, passive: Bool, durable: Bool, exclusive: Bool, autoDelete: Bool,
    arguments: [String: AMQPFieldValue]
  ) throws(AMQPError) -> AMQPQueue {
    var queue: AMQPQueue?
    try call { arena throws(AMQPError) in
      let answer = amqp_queue_declare(
        handle, FrameWriter.channel, try arena.shortString(name, "the queue's name"),
        passive ? 1 : 0, durable ? 1 : 0, exclusive ? 1 : 0, autoDelete ? 1 : 0,
        try arena.table(arguments))
      guard let answer else { return false }
      queue = AMQPQueue(
        name: String(answer.pointee.queue), messageCount: answer.pointee.message_count,
        consumerCount: answer.pointee.consumer_count)
      return true
    }
    guard let queue else { throw AMQPError(.connectionClosed, "the broker's answer is missing") }
    return queue
  }

  /// Wraps `amqp_queue_bind`.
  func bind(queue: String, exchange: String, routingKey: String) throws(AMQPError) {
    try call { arena throws(AMQPError) in
      amqp_queue_bind(
        handle, FrameWriter.channel, try arena.shortString(queue, "the queue's name"),
        try arena.shortString(exchange, "the exchange's name"),
        try arena.shortString(routingKey, "the routing key"), amqp_table_t()) != nil
    }
  }

  /// Wraps `amqp_queue_unbind`.
  func unbind(queue: String, exchange: String, routingKey: String) throws(AMQPError) {
    try call { arena throws(AMQPError) in
      amqp_queue_unbind(
        handle, FrameWriter.channel, try arena.shortString(queue, "the queue's name"),
        try arena.shortString(exchange, "the exchange's name"),
        try arena.shortString(routingKey, "the routing key"), amqp_table_t()) != nil
    }
  }

  /// Wraps `amqp_queue_delete`; returns how many messages went with it.
  func deleteQueue(_ name: String) throws(AMQPError) -> UInt32 {
    var count: UInt32 = 0
    try call { arena throws(AMQPError) in
      let name = try arena.shortString(name, "the queue's name")
      let answer = amqp_queue_delete(handle, FrameWriter.channel, name, 0, 0)
      count = answer?.pointee.message_count ?? 0
      return answer != nil
    }
    return count
  }

  /// Wraps `amqp_queue_purge`; returns how many messages were dropped.
  func purgeQueue(_ name: String) throws(AMQPError) -> UInt32 {
    var count: UInt32 = 0
    try call { arena throws(AMQPError) in
      let name = try arena.shortString(name, "the queue's name")
      let answer = amqp_queue_purge(handle, FrameWriter.channel, name)
      count = answer?.pointee.message_count ?? 0
      return answer != nil
    }
    return count
  }

  /// Wraps `amqp_basic_qos` with global=false, for the next consumer, and `amqp_basic_consume`.
  func consume(
    queue: String, consumerTag: String, prefetch: UInt16, noAck: Bool
  ) throws(AMQPError) {
    try call { _ throws(AMQPError) in
      amqp_basic_qos(handle, FrameWriter.channel, 0, prefetch, 0) != nil
    }
    try call { arena throws(AMQPError) in
      amqp_basic_consume(
        handle, FrameWriter.channel, try arena.shortString(queue, "the queue's name"),
        try arena.shortString(consumerTag, "the consumer tag"), 0, noAck ? 1 : 0, 0,
        amqp_table_t()) != nil
    }
  }

  /// Answers the broker's `channel.close` and opens the channel anew on the same connection.
  ///
  /// If that fails, the connection is not usable any more.
  func reopenChannel() {
    var answer = amqp_channel_close_ok_t()
    let status = amqp_send_method(
      handle, FrameWriter.channel, UInt32(AMQP_CHANNEL_CLOSE_OK_METHOD), &answer)
    isUsable =
      status == AMQP_STATUS_OK.rawValue && amqp_channel_open(handle, FrameWriter.channel) != nil
  }

  // `body` returns whether an answer came.
  private func call(_ body: (Arena) throws(AMQPError) -> Bool) throws(AMQPError) {
    checkOwner()
    guard isUsable else { throw AMQPError(.notConnected, "the connection is closed") }
    guard try !body(Arena()) else { return }
    let reply = amqp_get_rpc_reply(handle)
    // After `channel.close` the connection is still good; after anything else it is not.
    isUsable =
      reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION
      && reply.reply.id == UInt32(AMQP_CHANNEL_CLOSE_METHOD)
    throw AMQPError(reply)
  }
}
