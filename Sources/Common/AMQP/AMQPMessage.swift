/// A message's properties and body (AMQP 0-9-1, class basic).
///
/// Every property is a short string of at most 255 bytes of UTF-8; this is checked before
/// anything is written.
public struct AMQPMessage: Sendable, Equatable {
  /// Names the message; also pairs a returned message with its publish.
  public var messageID: String?
  /// What kind of message it is.
  public var type: String?
  /// Who sent it.
  public var appID: String?
  /// What it belongs to.
  public var correlationID: String?
  /// Seconds since 1970-01-01T00:00:00Z.
  public var timestamp: UInt64?
  /// The MIME type of ``body``.
  public var contentType: String?
  /// Application headers; on receipt, values of other kinds than ``AMQPFieldValue`` are left out.
  public var headers: [String: AMQPFieldValue]
  /// Whether it survives a broker's restart in a durable queue (delivery mode 2).
  public var isPersistent: Bool
  /// Milliseconds as decimal digits, after which a queue may drop it.
  public var expiration: String?
  /// Opaque to the broker.
  public var body: [UInt8]

  /// A message; what is left out is not sent.
  public init(
    messageID: String? = nil, type: String? = nil, appID: String? = nil,
    correlationID: String? = nil, timestamp: UInt64? = nil, contentType: String? = nil,
    headers: [String: AMQPFieldValue] = [:], isPersistent: Bool = true, expiration: String? = nil,
    body: [UInt8] = []
  ) {
    self.messageID = messageID
    self.type = type
    self.appID = appID
    self.correlationID = correlationID
    self.timestamp = timestamp
    self.contentType = contentType
    self.headers = headers
    self.isPersistent = isPersistent
    self.expiration = expiration
    self.body = body
  }
}

/// The value of a header or of a queue's argument.
public enum AMQPFieldValue: Sendable, Hashable {
  /// UTF-8 text (field type `S`).
  case string(String)
  /// A signed 64-bit number (field type `l`); narrower ones and timestamps are widened on receipt.
  case integer(Int64)
  /// A truth value (field type `t`).
  case boolean(Bool)
}

/// A message and where it goes.
public struct OutgoingMessage: Sendable, Equatable {
  /// The exchange's name; empty for the default exchange, which routes by queue name.
  public var exchange: String
  /// At most 255 bytes of UTF-8.
  public var routingKey: String
  /// What is sent.
  public var message: AMQPMessage

  /// A message for an exchange.
  public init(exchange: String, routingKey: String, message: AMQPMessage) {
    self.exchange = exchange
    self.routingKey = routingKey
    self.message = message
  }
}
