public import Jobs

/// What the HTTP shell asks about webhooks; a part of ``JobService``, whose rules hold.
public protocol WebhookService: Sendable {
  /// A user's webhooks, the oldest first.
  func webhooks(of user: UserID) async throws(ServiceError) -> [WebhookRecord]

  /// A webhook by its name or id.
  ///
  /// - Returns: `nil` when the user has none such.
  func webhook(_ name: String, of user: UserID) async throws(ServiceError) -> WebhookRecord?

  /// Makes a webhook.
  ///
  /// - Throws: ``ServiceError/badWebhook(_:)``.
  func createWebhook(
    _ request: WebhookRequest, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret

  /// Changes what is asked of a webhook, and nothing else that was changed meanwhile.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``ServiceError/badWebhook(_:)``.
  func editWebhook(
    _ name: String, _ change: WebhookChange, by principal: Principal
  ) async throws(ServiceError) -> WebhookRecord?

  /// Deletes a webhook.
  ///
  /// - Returns: Whether the user had one such.
  func deleteWebhook(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool

  /// Gives a webhook a new secret, beside which the old one signs for a time.
  ///
  /// - Returns: `nil` when the user has none such.
  func rotateWebhook(
    _ name: String, keepingOldFor time: Duration, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret?

  /// What a webhook was told, the newest first.
  ///
  /// - Parameter limit: 1 to 201: the shell asks for one more than it shows.
  /// - Returns: `nil` when the user has no such webhook.
  func deliveries(
    of webhook: String, user: UserID, limit: Int, before: DeliveryID?
  ) async throws(ServiceError) -> [DeliveryRecord]?

  /// Tells a webhook again, under the same id.
  ///
  /// - Returns: `nil` when the user's webhook has no such delivery.
  /// - Throws: ``ServiceError/badWebhook(_:)`` for one that is disabled.
  func replay(
    _ delivery: DeliveryID, of webhook: String, by principal: Principal
  ) async throws(ServiceError) -> DeliveryRecord?
}

/// Why a webhook cannot be stored, or not be told.
public enum WebhookFault: Sendable, Hashable {
  /// No request may be made to the URL; why.
  case url(detail: String)
  /// Another webhook of the user has the name.
  case nameTaken
  /// The user has as many as a user may have.
  case tooMany
  /// It would never be told anything.
  case neverTold
  /// It is told nothing now.
  case disabled
}
