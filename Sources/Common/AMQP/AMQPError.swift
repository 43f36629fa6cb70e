/// What went wrong between this process and the broker.
///
/// A caller decides by ``code`` and ``isRetryable``, never by reading ``message``.
public struct AMQPError: Error, Sendable {
  /// The kind of failure; more may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// The case's name, stable enough for logs and metrics.
    public let description: String

    /// No TCP connection, or it ended before the handshake was over.
    public static let connectFailed = Code(description: "connectFailed")
    /// The broker refused user, password or virtual host (403 or 530 during the handshake).
    public static let authenticationFailed = Code(description: "authenticationFailed")
    /// An open connection ended: closed by the broker, by the peer, or for want of heartbeats.
    public static let connectionClosed = Code(description: "connectionClosed")
    /// The broker closed the channel for a reason that has no code of its own.
    public static let channelClosed = Code(description: "channelClosed")
    /// The broker did not answer, or did not take bytes, in time. The connection is given up.
    public static let timeout = Code(description: "timeout")
    /// There is no connection now.
    public static let notConnected = Code(description: "notConnected")
    /// 406: other arguments than those that exist, or an unknown delivery tag.
    public static let preconditionFailed = Code(description: "preconditionFailed")
    /// 404: no such queue, exchange or binding.
    public static let notFound = Code(description: "notFound")
    /// 405: the queue belongs to another connection.
    public static let resourceLocked = Code(description: "resourceLocked")
    /// 403: the user may not do that.
    public static let accessRefused = Code(description: "accessRefused")
    /// A consumed queue was deleted or lost its leader (`basic.cancel` from the broker).
    public static let consumerCancelled = Code(description: "consumerCancelled")
    /// The given value cannot be sent; nothing was written.
    public static let badArgument = Code(description: "badArgument")
    /// `onConnect` threw an error that is not an ``AMQPError``.
    public static let setupFailed = Code(description: "setupFailed")
    /// The owner asked for it: `reconnect()` or shutdown.
    public static let closedByOwner = Code(description: "closedByOwner")
  }

  /// The kind of failure.
  public let code: Code
  /// For people; safe to log: no password, no message body. The broker's own text if it sent one.
  public let message: String
  /// The AMQP reply code, if the broker sent one (AMQP 0-9-1, section 1.5).
  public let replyCode: UInt16?
  /// Where it was raised, as `#fileID`.
  public let file: String
  /// Where it was raised.
  public let line: UInt

  /// An error; `file` and `line` are the place of the call.
  public init(
    _ code: Code, _ message: String, replyCode: UInt16? = nil, file: String = #fileID,
    line: UInt = #line
  ) {
    self.code = code
    self.message = message
    self.replyCode = replyCode
    self.file = file
    self.line = line
  }

  /// Whether the same call may succeed later without anyone changing anything.
  public var isRetryable: Bool {
    switch code {
    case .connectFailed, .connectionClosed, .channelClosed, .timeout, .notConnected,
      .resourceLocked, .consumerCancelled, .closedByOwner:
      true
    default: false
    }
  }
}

extension AMQPError: CustomStringConvertible {
  /// Code, reply code and message in one line.
  public var description: String {
    "\(code)\(replyCode.map { " (\($0))" } ?? ""): \(message)"
  }
}
