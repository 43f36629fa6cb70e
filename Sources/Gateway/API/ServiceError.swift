public import Jobs

/// Why a ``JobService`` did not do what it was asked. Details may reach users and logs.
public enum ServiceError: Error, Sendable, Hashable {
  /// Something needed is down or too slow: 503.
  case unavailable(retryAfter: Duration, detail: String)
  /// More waits than may wait; new jobs are shed: 503.
  case backlogFull(retryAfter: Duration)
  /// This user sends too much: 429.
  case rateLimited(retryAfter: Duration)
  /// The idempotency key stands for another request: 422.
  case idempotencyKeyReused
  /// The batch takes no jobs any more: 409.
  case batchNotOpen
  /// A job names a batch that the user does not have: 422.
  case unknownBatch
  /// The job would start at its deadline or later: 422.
  case startsTooLate
  /// The user may not do this, although their role alone would allow it: 403.
  case forbidden(detail: String)
  /// Nothing on duty starts and stops workers of this pool: 409.
  case poolNotManaged
  /// A schedule cannot be stored, or makes no job: 422 or 409.
  case badSchedule(ScheduleFault)
  /// A job names a webhook that the user does not have, and no earlier one is its answer: 422.
  case unknownWebhook
  /// A webhook cannot be stored, or not be told: 422 or 409.
  case badWebhook(WebhookFault)
  /// A new input does not fit the target of a job that would get it: 422.
  case unfitInput(Target)
  /// A defect: 500. The detail is logged and not shown.
  case internalError(detail: String)
}
