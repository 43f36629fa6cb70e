import Engine
import GatewayAPI
import HTTP
import Jobs

extension EngineJobService {
  func webhooks(of user: UserID) async throws(ServiceError) -> [WebhookRecord] {
    try await answered { try await webhookBook.list(of: user) }
  }

  func webhook(_ name: String, of user: UserID) async throws(ServiceError) -> WebhookRecord? {
    try await answered { try await webhookBook.find(name, of: user) }
  }

  func createWebhook(
    _ request: WebhookRequest, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret {
    try check(request.url)
    return try await stored { try await webhookBook.create(request, by: principal) }
  }

  func editWebhook(
    _ name: String, _ change: WebhookChange, by principal: Principal
  ) async throws(ServiceError) -> WebhookRecord? {
    try await stored {
      try await webhookBook.edit(name, change, by: principal) { try check($0) }
    }
  }

  func deleteWebhook(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool {
    try await answered { try await webhookBook.delete(name, by: principal) }
  }

  func rotateWebhook(
    _ name: String, keepingOldFor time: Duration, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret? {
    try await answered {
      try await webhookBook.rotate(name, keepingOldFor: time, by: principal)
    }
  }

  func deliveries(
    of webhook: String, user: UserID, limit: Int, before: DeliveryID?
  ) async throws(ServiceError) -> [DeliveryRecord]? {
    try await answered {
      try await webhookBook.deliveries(of: webhook, user: user, limit: limit, before: before)
    }
  }

  func replay(
    _ delivery: DeliveryID, of webhook: String, by principal: Principal
  ) async throws(ServiceError) -> DeliveryRecord? {
    try await stored {
      try await webhookBook.replay(delivery, of: webhook, by: principal)
    }
  }

  /// Tells the owner at once of a URL that no worker would ever connect to.
  private func check(_ url: String) throws(ServiceError) {
    do throws(HTTPError) {
      try egress.check(url)
    } catch {
      throw .badWebhook(.url(detail: "\(error.message)."))
    }
  }

  private func stored<Answer: Sendable>(
    _ store: () async throws -> Answer
  ) async throws(ServiceError) -> Answer {
    try await answered {
      do { return try await store() } catch let refusal as WebhookBook.Refusal {
        switch refusal {
        case .nameTaken: throw ServiceError.badWebhook(.nameTaken)
        case .tooMany: throw ServiceError.badWebhook(.tooMany)
        case .neverTold: throw ServiceError.badWebhook(.neverTold)
        case .disabled: throw ServiceError.badWebhook(.disabled)
        }
      }
    }
  }
}
