import CRabbitMQ
import Glibc

extension Connection {
  /// Reads what has arrived, without blocking, and sends a heartbeat if one is due.
  ///
  /// Wraps `amqp_simple_wait_frame_noblock`. Call it at least once a second. What came before an
  /// error is in `events` also when it throws.
  ///
  /// - Parameter events: Gets at most a few thousand, so that waiting jobs have their turn.
  /// - Returns: False when more may be waiting.
  /// - Throws: What ended the channel or the connection.
  func receive(into events: inout [Incoming]) throws(AMQPError) -> Bool {
    checkOwner()
    guard isUsable else { throw AMQPError(.notConnected, "the connection is closed") }
    for _ in 0..<4096 {
      var frame = amqp_frame_t()
      var now = timeval()
      let status = amqp_simple_wait_frame_noblock(handle, &frame, &now)
      if status == AMQP_STATUS_TIMEOUT.rawValue { return true }
      guard status == AMQP_STATUS_OK.rawValue else {
        isUsable = false
        throw AMQPError(status: status)
      }
      if let event = try event(of: frame) { events.append(event) }
      amqp_maybe_release_buffers(handle)
    }
    return false
  }

  private func event(of frame: amqp_frame_t) throws(AMQPError) -> Incoming? {
    switch Int32(frame.frame_type) {
    case AMQP_FRAME_METHOD: return try event(of: frame.payload.method)
    case AMQP_FRAME_HEADER:
      let properties = frame.payload.properties
      guard let decoded = properties.decoded else { return nil }
      return assembler.header(
        AMQPMessage(decoded.load(as: amqp_basic_properties_t.self)),
        bodySize: properties.body_size)
    case AMQP_FRAME_BODY:
      return assembler.body(UnsafeRawBufferPointer(frame.payload.body_fragment))
    default: return nil
    }
  }

  private func event(of method: amqp_method_t) throws(AMQPError) -> Incoming? {
    guard let decoded = method.decoded else { return nil }
    switch method.id {
    case UInt32(AMQP_BASIC_ACK_METHOD):
      let ack = decoded.load(as: amqp_basic_ack_t.self)
      return .acknowledged(tag: ack.delivery_tag, multiple: ack.multiple != 0)
    case UInt32(AMQP_BASIC_NACK_METHOD):
      let nack = decoded.load(as: amqp_basic_nack_t.self)
      return .rejected(tag: nack.delivery_tag, multiple: nack.multiple != 0)
    case UInt32(AMQP_BASIC_CANCEL_METHOD):
      let cancel = decoded.load(as: amqp_basic_cancel_t.self)
      return .cancelled(consumerTag: String(cancel.consumer_tag))
    case UInt32(AMQP_CONNECTION_BLOCKED_METHOD):
      return .blocked(reason: String(decoded.load(as: amqp_connection_blocked_t.self).reason))
    case UInt32(AMQP_CONNECTION_UNBLOCKED_METHOD): return .unblocked
    case UInt32(AMQP_CHANNEL_CLOSE_METHOD): throw AMQPError(closing: method)
    case UInt32(AMQP_CONNECTION_CLOSE_METHOD): throw connectionClosed(method)
    default:
      beginContent(method.id, decoded)
      return nil
    }
  }

  private func beginContent(_ id: UInt32, _ decoded: UnsafeMutableRawPointer) {
    if id == UInt32(AMQP_BASIC_DELIVER_METHOD) {
      let deliver = decoded.load(as: amqp_basic_deliver_t.self)
      assembler.begin(
        .delivery(
          consumerTag: String(deliver.consumer_tag), number: deliver.delivery_tag,
          redelivered: deliver.redelivered != 0),
        exchange: String(deliver.exchange), routingKey: String(deliver.routing_key))
    } else if id == UInt32(AMQP_BASIC_RETURN_METHOD) {
      let returned = decoded.load(as: amqp_basic_return_t.self)
      assembler.begin(
        .returned(code: returned.reply_code, text: String(returned.reply_text)),
        exchange: String(returned.exchange), routingKey: String(returned.routing_key))
    }
  }

  private func connectionClosed(_ method: amqp_method_t) -> AMQPError {
    let error = AMQPError(closing: method)
    var answer = amqp_connection_close_ok_t()
    // Politeness only: the connection is over whether the broker hears it or not.
    _ = amqp_send_method(handle, 0, UInt32(AMQP_CONNECTION_CLOSE_OK_METHOD), &answer)
    isUsable = false
    return error
  }
}
