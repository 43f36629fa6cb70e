/// Every kind of problem that the gateway answers with; `/problems/<slug>` explains each.
///
/// A slug is part of the interface: it never changes its meaning.
public enum ProblemKind: String, Sendable, CaseIterable {
  // 400
  case malformedRequest = "malformed-request"
  case malformedJSON = "malformed-json"
  case malformedHeader = "malformed-header"
  case duplicateHeader = "duplicate-header"
  case malformedQuery = "malformed-query"
  case duplicateQueryParameter = "duplicate-query-parameter"
  case unknownQueryParameter = "unknown-query-parameter"
  case invalidQueryParameter = "invalid-query-parameter"
  case invalidCursor = "invalid-cursor"
  case tokenInQuery = "token-in-query"
  case malformedID = "malformed-id"
  case invalidGateKey = "invalid-gate-key"
  // 401, 403
  case missingToken = "missing-token"
  case malformedToken = "malformed-token"
  case invalidToken = "invalid-token"
  case forbidden
  case targetNotAllowed = "target-not-allowed"
  case priorityNotAllowed = "priority-not-allowed"
  case operatorOnly = "operator-only"
  // 404, 405, 408, 409, 413, 414, 415, 417
  case routeNotFound = "route-not-found"
  case jobNotFound = "job-not-found"
  case queueNotFound = "queue-not-found"
  case workerNotFound = "worker-not-found"
  case poolNotFound = "pool-not-found"
  case scheduleNotFound = "schedule-not-found"
  case webhookNotFound = "webhook-not-found"
  case deliveryNotFound = "delivery-not-found"
  case gateNotFound = "gate-not-found"
  case deadStepNotFound = "dead-step-not-found"
  case batchNotFound = "batch-not-found"
  case routeNotSupportedYet = "route-not-supported-yet"
  case methodNotAllowed = "method-not-allowed"
  case requestTimeout = "request-timeout"
  case jobOver = "job-over"
  case jobNotOver = "job-not-over"
  case jobNotScheduled = "job-not-scheduled"
  case batchNotOpen = "batch-not-open"
  case scheduleNameTaken = "schedule-name-taken"
  case tooManySchedules = "too-many-schedules"
  case scheduleUnreadable = "schedule-unreadable"
  case tooManySignals = "too-many-signals"
  case webhookNameTaken = "webhook-name-taken"
  case tooManyWebhooks = "too-many-webhooks"
  case webhookDisabled = "webhook-disabled"
  case jobSucceeded = "job-succeeded"
  case poolNotManaged = "pool-not-managed"
  case bodyTooLarge = "body-too-large"
  case targetTooLong = "uri-too-long"
  case unsupportedMediaType = "unsupported-media-type"
  case expectationFailed = "expectation-failed"
  // 422
  case invalidBody = "invalid-body"
  case unknownField = "unknown-field"
  case fieldNotSupportedYet = "not-supported-yet"
  case unknownTarget = "unknown-target"
  case unknownPriority = "unknown-priority"
  case unknownGateKey = "unknown-gate-key"
  case invalidInput = "invalid-input"
  case invalidCron = "invalid-cron"
  case idempotencyKeyReused = "idempotency-key-reused"
  case batchTooLarge = "batch-too-large"
  // 429, 431, 5xx
  case rateLimited = "rate-limited"
  case headersTooLarge = "headers-too-large"
  case internalError = "internal-error"
  case unavailable
  case backlogFull = "backlog-full"
  case notReady = "not-ready"
  case unsupportedVersion = "unsupported-version"

  /// The `code` member: the slug with underscores. Both kinds of "not yet" share one code.
  public var code: String {
    if self == .routeNotSupportedYet { return ProblemKind.fieldNotSupportedYet.code }
    return String(rawValue.map { $0 == "-" ? "_" : $0 })
  }

  /// The HTTP status that it always comes with.
  public var status: Int {
    switch self {
    case .malformedRequest, .malformedJSON, .malformedHeader, .duplicateHeader, .malformedQuery,
      .duplicateQueryParameter, .unknownQueryParameter, .invalidQueryParameter, .invalidCursor,
      .tokenInQuery, .malformedID, .invalidGateKey:
      400
    case .missingToken, .malformedToken, .invalidToken: 401
    case .forbidden, .targetNotAllowed, .priorityNotAllowed, .operatorOnly: 403
    case .routeNotFound, .jobNotFound, .queueNotFound, .workerNotFound, .poolNotFound,
      .gateNotFound, .deadStepNotFound, .batchNotFound, .scheduleNotFound, .webhookNotFound,
      .deliveryNotFound,
      .routeNotSupportedYet:
      404
    case .methodNotAllowed: 405
    case .requestTimeout: 408
    case .jobOver, .jobNotOver, .jobNotScheduled, .jobSucceeded, .batchNotOpen,
      .scheduleNameTaken, .tooManySchedules, .scheduleUnreadable, .tooManySignals,
      .webhookNameTaken, .tooManyWebhooks, .webhookDisabled, .poolNotManaged:
      409
    case .bodyTooLarge: 413
    case .targetTooLong: 414
    case .unsupportedMediaType: 415
    case .expectationFailed: 417
    case .invalidBody, .unknownField, .fieldNotSupportedYet, .unknownTarget, .unknownPriority,
      .unknownGateKey, .invalidInput, .invalidCron, .idempotencyKeyReused, .batchTooLarge:
      422
    case .rateLimited: 429
    case .headersTooLarge: 431
    case .internalError: 500
    case .unavailable, .backlogFull, .notReady: 503
    case .unsupportedVersion: 505
    }
  }
}
