/// Makes the requests of deliveries; what `webhooks.deliver` stands on.
public protocol WebhookDelivering: Sendable {
  /// Sends a delivery once, and notes what came of it.
  ///
  /// - Parameters:
  ///   - call: The delivery must be of its user; its job is the one that may send, and what came of
  ///     it is noted only while the call's run is the step's.
  ///   - isLast: Whether nobody will try again if this fails.
  /// - Returns: What came of it; a receiver that does not answer is a failure and not thrown.
  /// - Throws: ``StepFailure`` when nothing could be sent, as the system itself does not work;
  ///   `CancellationError`.
  func send(
    _ delivery: DeliveryID, for call: SkillCall, isLast: Bool
  ) async throws -> DeliveryAnswer
}

/// What came of one attempt at a delivery.
public enum DeliveryAnswer: Sendable, Hashable {
  /// The receiver has taken it, now or before; the status of its answer.
  case delivered(status: Int)
  /// Another job sends it since a replay.
  case superseded
  /// It is not sent any more, which is nobody's fault: a word such as `webhook_deleted`.
  case dropped(code: String)
  /// It was not taken.
  case failed(DeliveryFailure)
}

/// Why a receiver has not taken a delivery.
public struct DeliveryFailure: Sendable, Hashable {
  /// A word such as `status_500` or `connect_failed`.
  public let code: String
  /// One sentence without the URL's path and query.
  public let message: String
  /// Whether sending it again is no use.
  public let isPermanent: Bool
  /// How long the receiver wants to be left alone; `nil` if it did not say.
  public let retryAfter: Duration?

  /// The caller keeps secrets out of `message`.
  public init(
    code: String, message: String, isPermanent: Bool = false, retryAfter: Duration? = nil
  ) {
    self.code = code
    self.message = message
    self.isPermanent = isPermanent
    self.retryAfter = retryAfter
  }
}
