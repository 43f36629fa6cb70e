public import FoundationEssentials

/// Names the kind of a ``DeliveryID``.
public enum DeliveryKind: Sendable {}
/// One event on its way to one endpoint: the `webhook-id` of each of its requests.
public typealias DeliveryID = Identifier<DeliveryKind>

/// What became of a delivery.
public enum DeliveryState: String, Sendable, CaseIterable {
  /// Not sent yet, or to be sent again.
  case pending
  /// The receiver has answered 2xx.
  case delivered
  /// Given up; a replay sends it again.
  case failed
}

/// A delivery as the owner of its endpoint sees it.
public struct DeliveryRecord: Sendable, Hashable {
  /// The same over all attempts and replays.
  public let id: DeliveryID
  /// What is told.
  public let event: WebhookEvent
  /// The job that ended; `nil` for an event that is about no single job.
  public let job: JobID?
  /// The batch that ended; `nil` for the end of a job.
  public let batch: BatchID?
  /// The job that delivers, or that has last done so; `nil` before the first.
  public let deliveryJob: JobID?
  /// What became of it.
  public let state: DeliveryState
  /// How many requests were made, those before a replay included.
  public let attempts: Int
  /// What the last request was answered; `nil` without an answer.
  public let lastStatus: Int?
  /// What kept the last request from its answer, or the delivery from its end, such as
  /// `connect_failed`; where the job that delivers was stopped or died, why.
  public let lastError: String?
  /// When it is sent again; `nil` when it is not, or at once.
  public let nextAttemptAt: Date?
  /// When the event happened.
  public let createdAt: Date
  /// When the last request began.
  public let attemptedAt: Date?
  /// When the receiver took it.
  public let deliveredAt: Date?

  /// Takes one reading.
  public init(
    id: DeliveryID, event: WebhookEvent, job: JobID?, batch: BatchID? = nil,
    deliveryJob: JobID?, state: DeliveryState,
    attempts: Int, lastStatus: Int?, lastError: String?, nextAttemptAt: Date?, createdAt: Date,
    attemptedAt: Date?, deliveredAt: Date?
  ) {
    self.id = id
    self.event = event
    self.job = job
    self.batch = batch
    self.deliveryJob = deliveryJob
    self.state = state
    self.attempts = attempts
    self.lastStatus = lastStatus
    self.lastError = lastError
    self.nextAttemptAt = nextAttemptAt
    self.createdAt = createdAt
    self.attemptedAt = attemptedAt
    self.deliveredAt = deliveredAt
  }
}
