/// What became of one published message.
public enum PublishOutcome: Sendable, Equatable {
  /// The broker has taken responsibility for it (`basic.ack`).
  case confirmed
  /// No queue was bound for it (`basic.return`); code 312 is NO_ROUTE. It is nowhere.
  case returned(code: UInt16, text: String)
  /// The broker did not take it (`basic.nack`): a full queue, for instance. It is nowhere.
  case nacked
  /// It was written and may or may not have arrived.
  case unknown(UnknownReason)
  /// It was never written.
  case refused(RefusalReason)

  /// Why an outcome is not known.
  public enum UnknownReason: Sendable, Hashable {
    /// The connection or channel ended before the confirm came.
    case connectionLost
    /// No confirm within ``AMQPConfiguration/confirmTimeout``.
    case timeout
  }

  /// Why a message was not written.
  public enum RefusalReason: Sendable, Equatable {
    /// There is no connection now.
    case notConnected
    /// The broker takes no messages now (`connection.blocked`).
    case blocked
    /// The publisher is shutting down or has ended.
    case stopped
    /// It cannot be sent, ever; the text says what is wrong and is safe to log.
    case invalid(String)
  }
}

/// A change in the state of a publisher's connection.
public enum AMQPLinkState: Sendable {
  /// Connected and set up; generations count up from 1.
  case connected(generation: UInt64)
  /// The broker takes no messages until ``unblocked``; its reason is for people.
  case blocked(reason: String)
  /// The broker takes messages again.
  case unblocked
  /// A connection ended or an attempt to connect failed.
  case disconnected(AMQPError)
}
