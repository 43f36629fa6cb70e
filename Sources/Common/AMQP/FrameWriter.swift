import CRabbitMQ

/// Collects encoded frames, so that a batch goes out with one `send`.
///
/// rabbitmq-c makes three calls of `send` per publish and none of them has a timeout; here it
/// only encodes (`amqp_encode_method`, `amqp_encode_properties`). Frames are laid out as
/// AMQP 0-9-1, section 2.3.5 says: type, channel, size, payload, 0xCE.
final class FrameWriter {
  /// The one channel of every connection.
  static let channel: UInt16 = 1

  private let arena = Arena()
  private let frameMax: Int
  private var storage: [UInt8] = []
  private(set) var count = 0

  /// - Parameter frameMax: The largest frame that was negotiated, in bytes, at least 4096.
  init(frameMax: Int) { self.frameMax = frameMax }

  /// Adds `confirm.select` without an answer; publishes after it have tags from 1.
  func confirmSelect() throws(AMQPError) {
    var method = amqp_confirm_select_t(nowait: 1)
    try self.method(UInt32(AMQP_CONFIRM_SELECT_METHOD), &method)
  }

  /// Adds `basic.publish` with its content. When it throws, nothing was added.
  ///
  /// - Throws: `badArgument` for a string over 255 bytes or properties over one frame.
  func publish(_ outgoing: OutgoingMessage, mandatory: Bool) throws(AMQPError) {
    let start = count
    do throws(AMQPError) {
      var method = amqp_basic_publish_t()
      method.exchange = try arena.shortString(outgoing.exchange, "the exchange's name")
      method.routing_key = try arena.shortString(outgoing.routingKey, "the routing key")
      method.mandatory = mandatory ? 1 : 0
      try self.method(UInt32(AMQP_BASIC_PUBLISH_METHOD), &method)
      var properties = try arena.properties(of: outgoing.message)
      try header(&properties, bodySize: outgoing.message.body.count)
      body(outgoing.message.body)
    } catch {
      count = start
      throw error
    }
  }

  /// Adds `basic.ack` for one delivery.
  ///
  /// - Parameter multiple: Whether it stands for all before it, too.
  func acknowledge(_ tag: UInt64, multiple: Bool = false) throws(AMQPError) {
    var method = amqp_basic_ack_t()
    method.delivery_tag = tag
    method.multiple = multiple ? 1 : 0
    try self.method(UInt32(AMQP_BASIC_ACK_METHOD), &method)
  }

  /// Adds `basic.reject` for one delivery.
  func reject(_ tag: UInt64, requeue: Bool) throws(AMQPError) {
    var method = amqp_basic_reject_t()
    method.delivery_tag = tag
    method.requeue = requeue ? 1 : 0
    try self.method(UInt32(AMQP_BASIC_REJECT_METHOD), &method)
  }

  /// Adds `queue.bind` without an answer: an error closes the channel.
  func bind(queue: String, exchange: String, routingKey: String) throws(AMQPError) {
    var method = amqp_queue_bind_t()
    method.queue = try arena.shortString(queue, "the queue's name")
    method.exchange = try arena.shortString(exchange, "the exchange's name")
    method.routing_key = try arena.shortString(routingKey, "the routing key")
    method.nowait = 1
    try self.method(UInt32(AMQP_QUEUE_BIND_METHOD), &method)
  }

  /// Adds `basic.cancel` without an answer.
  func cancel(consumerTag: String) throws(AMQPError) {
    var method = amqp_basic_cancel_t()
    method.consumer_tag = try arena.shortString(consumerTag, "the consumer tag")
    method.nowait = 1
    try self.method(UInt32(AMQP_BASIC_CANCEL_METHOD), &method)
  }

  /// Forgets what was collected.
  func discard() {
    count = 0
    arena.recycle()
  }

  /// Hands the collected bytes to `body` and forgets them.
  func flush(_ body: (UnsafeRawBufferPointer) throws(AMQPError) -> Void) throws(AMQPError) {
    let size = count
    count = 0
    arena.recycle()
    do {
      try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<size])) }
    } catch let error as AMQPError {
      throw error
    } catch {
      throw AMQPError(.connectionClosed, "writing failed")
    }
  }

  private func method<Arguments>(
    _ id: UInt32, _ arguments: inout Arguments
  ) throws(AMQPError) {
    // Four short strings at most: 2 KiB hold every method that is written here.
    try frame(type: UInt8(AMQP_FRAME_METHOD), room: 2048) { payload in
      payload.storeBytes(of: id.bigEndian, as: UInt32.self)
      let target = amqp_bytes_t(len: payload.count - 4, bytes: payload.baseAddress.map { $0 + 4 })
      let size = withUnsafeMutablePointer(to: &arguments) { amqp_encode_method(id, $0, target) }
      return size < 0 ? size : size + 4
    }
  }

  private func header(
    _ properties: inout amqp_basic_properties_t, bodySize: Int
  ) throws(AMQPError) {
    try frame(type: UInt8(AMQP_FRAME_HEADER), room: frameMax - 8) { payload in
      let classID = UInt16(AMQP_BASIC_CLASS)
      payload.storeBytes(of: classID.bigEndian, as: UInt16.self)
      payload.storeBytes(of: 0, toByteOffset: 2, as: UInt16.self)
      payload.storeBytes(of: UInt64(bodySize).bigEndian, toByteOffset: 4, as: UInt64.self)
      let target = amqp_bytes_t(len: payload.count - 12, bytes: payload.baseAddress.map { $0 + 12 })
      let size = withUnsafeMutablePointer(to: &properties) {
        amqp_encode_properties(classID, $0, target)
      }
      return size < 0 ? size : size + 12
    }
  }

  private func body(_ bytes: [UInt8]) {
    var start = 0
    while start < bytes.count {
      let part = bytes[start..<min(start + frameMax - 8, bytes.count)]
      reserve(part.count + 8)
      storage.withUnsafeMutableBytes { memory in
        UnsafeMutableRawBufferPointer(rebasing: memory[(count + 7)...]).copyBytes(from: part)
      }
      close(type: UInt8(AMQP_FRAME_BODY), size: part.count)
      start += part.count
    }
  }

  // `encode` returns the payload's size, or a negative `amqp_status_enum`.
  private func frame(
    type: UInt8, room: Int, _ encode: (UnsafeMutableRawBufferPointer) -> Int32
  ) throws(AMQPError) {
    reserve(room + 8)
    let start = count + 7
    let size = storage.withUnsafeMutableBytes { memory in
      encode(UnsafeMutableRawBufferPointer(rebasing: memory[start..<(start + room)]))
    }
    guard size >= 0 else {
      throw AMQPError(.badArgument, "properties or arguments do not fit into one frame")
    }
    close(type: type, size: Int(size))
  }

  // Puts the frame's head and end around a payload that is already in place.
  private func close(type: UInt8, size: Int) {
    let start = count
    storage.withUnsafeMutableBytes { memory in
      memory[start] = type
      memory.storeBytes(of: Self.channel.bigEndian, toByteOffset: start + 1, as: UInt16.self)
      memory.storeBytes(of: UInt32(size).bigEndian, toByteOffset: start + 3, as: UInt32.self)
      memory[start + 7 + size] = UInt8(AMQP_FRAME_END)
    }
    count += size + 8
  }

  private func reserve(_ more: Int) {
    let missing = count + more - storage.count
    guard missing > 0 else { return }
    storage.append(contentsOf: repeatElement(0, count: max(missing, storage.count)))
  }
}

extension Arena {
  /// The C form of a message's properties; absent ones get no flag.
  func properties(of message: AMQPMessage) throws(AMQPError) -> amqp_basic_properties_t {
    var result = amqp_basic_properties_t()
    var flags = UInt32(AMQP_BASIC_DELIVERY_MODE_FLAG)
    result.delivery_mode = message.isPersistent ? 2 : 1
    func set(
      _ text: String?, _ what: String, _ flag: Int32, _ field: inout amqp_bytes_t
    ) throws(AMQPError) {
      guard let text else { return }
      field = try shortString(text, what)
      flags |= UInt32(flag)
    }
    try set(message.messageID, "message_id", AMQP_BASIC_MESSAGE_ID_FLAG, &result.message_id)
    try set(message.type, "type", AMQP_BASIC_TYPE_FLAG, &result.type)
    try set(message.appID, "app_id", AMQP_BASIC_APP_ID_FLAG, &result.app_id)
    try set(
      message.correlationID, "correlation_id", AMQP_BASIC_CORRELATION_ID_FLAG,
      &result.correlation_id)
    try set(message.contentType, "content_type", AMQP_BASIC_CONTENT_TYPE_FLAG, &result.content_type)
    try set(message.expiration, "expiration", AMQP_BASIC_EXPIRATION_FLAG, &result.expiration)
    if let timestamp = message.timestamp {
      result.timestamp = timestamp
      flags |= UInt32(AMQP_BASIC_TIMESTAMP_FLAG)
    }
    if !message.headers.isEmpty {
      result.headers = try table(message.headers)
      flags |= UInt32(AMQP_BASIC_HEADERS_FLAG)
    }
    result._flags = flags
    return result
  }
}
