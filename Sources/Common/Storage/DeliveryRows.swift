public import FoundationEssentials
public import Jobs
public import Postgres

/// A delivery that waits for a job.
public struct DueDelivery: Sendable {
  /// The delivery.
  public let id: DeliveryID
  /// Its endpoint, which may be gone.
  public let webhook: WebhookID
  /// The owner, with the token of the endpoint; `nil` when the endpoint is gone.
  public let owner: Principal?
  /// Whether the endpoint is told nothing now.
  public let isDisabled: Bool
  /// Whether the user or the token was revoked since.
  public let isRevoked: Bool

  /// Reads one row of ``DeliveryStatements/due``.
  public init(_ row: Row) throws {
    id = DeliveryID(try row.decode("id", as: UUID.self))
    webhook = WebhookID(try row.decode("webhook_id", as: UUID.self))
    let hasEndpoint = try row.decode("token_id", as: UUID?.self) != nil
    owner = hasEndpoint ? try row.principal() : nil
    isDisabled = try row.decode("is_disabled", as: Bool?.self) ?? false
    isRevoked = try row.decode("is_revoked", as: Bool?.self) ?? false
  }
}

/// A delivery as the job that delivers it needs it, its URL still closed.
public struct OpenDelivery: Sendable {
  /// What is told; `nil` for an event that this version does not know.
  public let event: WebhookEvent?
  /// The job that ended.
  public let job: JobID?
  /// The batch that ended.
  public let batch: BatchID?
  /// When the event happened.
  public let createdAt: Date
  /// What the last request was answered.
  public let lastStatus: Int?
  /// Whether a receiver has taken it.
  public let isDelivered: Bool
  /// Whether the asking job is the one that delivers.
  public let isOurs: Bool
  /// The endpoint, and its URL, sealed for ``SealedContent/Column/webhookURL``; `nil` when it is
  /// gone.
  public let webhook: (id: WebhookID, url: [UInt8])?
  /// Whether the endpoint is told nothing now.
  public let isDisabled: Bool

  /// Reads one row of the first of ``DeliveryStatements/open(_:of:by:)``.
  public init(_ row: Row) throws {
    event = WebhookEvent(rawValue: try row.decode("event", as: String.self))
    job = try row.decode("job_id", as: UUID?.self).map(JobID.init)
    batch = try row.decode("batch_id", as: UUID?.self).map(BatchID.init)
    createdAt = try row.decode("created_at", as: Date.self)
    lastStatus = try row.decode("last_status", as: Int32?.self).map(Int.init)
    isDelivered = try row.decode("is_delivered", as: Bool.self)
    isOurs = try row.decode("is_ours", as: Bool.self)
    let id = try row.decode("webhook_id", as: UUID?.self).map(WebhookID.init)
    let url = try row.decode("url", as: [UInt8]?.self)
    if let id, let url { webhook = (id, url) } else { webhook = nil }
    isDisabled = try row.decode("is_disabled", as: Bool?.self) ?? false
  }
}

extension DeliveryRecord {
  init(_ row: Row) throws {
    let event = try row.decode("event", as: String.self)
    guard let event = WebhookEvent(rawValue: event) else {
      throw PostgresError(code: .decoding, message: "event holds no event")
    }
    let deliveredAt = try row.decode("delivered_at", as: Date?.self)
    let hasFailed = try row.decode("has_failed", as: Bool.self)
    self.init(
      id: DeliveryID(try row.decode("id", as: UUID.self)), event: event,
      job: try row.decode("job_id", as: UUID?.self).map(JobID.init),
      batch: try row.decode("batch_id", as: UUID?.self).map(BatchID.init),
      deliveryJob: try row.decode("delivery_job_id", as: UUID?.self).map(JobID.init),
      state: deliveredAt != nil ? .delivered : hasFailed ? .failed : .pending,
      attempts: Int(try row.decode("attempts", as: Int32.self)),
      lastStatus: try row.decode("last_status", as: Int32?.self).map(Int.init),
      lastError: try row.decode("end_code", as: String?.self)
        ?? row.decode("last_error", as: String?.self),
      nextAttemptAt: try row.decode("next_attempt_at", as: Date?.self),
      createdAt: try row.decode("created_at", as: Date.self),
      attemptedAt: try row.decode("attempted_at", as: Date?.self), deliveredAt: deliveredAt)
  }
}
