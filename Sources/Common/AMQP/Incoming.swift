/// What the broker says on its own account, copied out of the library's buffers.
enum Incoming: Sendable {
  case delivery(consumerTag: String, number: UInt64, redelivered: Bool, IncomingContent)
  case returned(code: UInt16, text: String, IncomingContent)
  case acknowledged(tag: UInt64, multiple: Bool)
  case rejected(tag: UInt64, multiple: Bool)
  case cancelled(consumerTag: String)
  case blocked(reason: String)
  case unblocked
}

/// A message with the place that it was published to.
struct IncomingContent: Sendable {
  var exchange: String
  var routingKey: String
  var message = AMQPMessage(isPersistent: false)
}

/// Puts method, header and body frames together (AMQP 0-9-1, section 4.2.6; pure).
struct ContentAssembler {
  /// A method that announces content.
  enum Opening {
    case delivery(consumerTag: String, number: UInt64, redelivered: Bool)
    case returned(code: UInt16, text: String)
  }

  private var opening: Opening?
  private var content: IncomingContent?
  private var missing: UInt64 = 0

  /// A method that content will follow.
  mutating func begin(_ opening: Opening, exchange: String, routingKey: String) {
    self.opening = opening
    content = IncomingContent(exchange: exchange, routingKey: routingKey)
  }

  /// The header frame.
  ///
  /// - Parameter message: The properties, with an empty body.
  /// - Returns: The whole, if there is no body.
  mutating func header(_ message: AMQPMessage, bodySize: UInt64) -> Incoming? {
    content?.message = message
    content?.message.body.reserveCapacity(Int(min(bodySize, 1 << 20)))
    missing = bodySize
    return missing == 0 ? finish() : nil
  }

  /// A body frame.
  ///
  /// - Returns: The whole, if this was its last part.
  mutating func body(_ bytes: UnsafeRawBufferPointer) -> Incoming? {
    content?.message.body.append(contentsOf: bytes)
    missing -= min(missing, UInt64(bytes.count))
    return missing == 0 ? finish() : nil
  }

  private mutating func finish() -> Incoming? {
    defer { (opening, content) = (nil, nil) }
    guard let opening, let content else { return nil }
    switch opening {
    case .delivery(let consumerTag, let number, let redelivered):
      return .delivery(consumerTag: consumerTag, number: number, redelivered: redelivered, content)
    case .returned(let code, let text):
      return .returned(code: code, text: text, content)
    }
  }
}
