import Foundation
import GatewayAPI
import Jobs
import Synchronization

/// A webhook of a test, and what it was told.
struct StoredWebhook {
  let owner: UserID
  var record: WebhookRecord
  var deliveries: [DeliveryRecord] = []
}

extension InMemoryJobService {
  func webhooks(of user: UserID) async throws(ServiceError) -> [WebhookRecord] {
    try fail()
    return state.withLock { $0.webhooks.filter { $0.owner == user }.map(\.record) }
  }

  func webhook(_ name: String, of user: UserID) async throws(ServiceError) -> WebhookRecord? {
    try await webhooks(of: user).first { $0.isNamed(name) }
  }

  func createWebhook(
    _ request: WebhookRequest, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret {
    try check(request.url)
    guard !request.isNeverTold else { throw .badWebhook(.neverTold) }
    let known = try await webhooks(of: principal.user)
    if let name = request.name, known.contains(where: { $0.isNamed(name) }) {
      throw .badWebhook(.nameTaken)
    }
    guard known.count < 100 else { throw .badWebhook(.tooMany) }
    let record = Self.record(WebhookID(), request)
    state.withLock { $0.webhooks.append(StoredWebhook(owner: principal.user, record: record)) }
    return WebhookWithSecret(webhook: record, secret: "whsec_first")
  }

  func editWebhook(
    _ name: String, _ change: WebhookChange, by principal: Principal
  ) async throws(ServiceError) -> WebhookRecord? {
    guard let old = try await webhook(name, of: principal.user) else { return nil }
    let request = change.applied(to: old.request)
    if change.opensURL(of: old.request) { try check(request.url) }
    if change.changesWhatIsTold, request.isNeverTold { throw .badWebhook(.neverTold) }
    let record = Self.record(old.id, request)
    return self.change(old.id, of: principal.user) { $0.record = record }?.record
  }

  func deleteWebhook(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool {
    guard let old = try await webhook(name, of: principal.user) else { return false }
    state.withLock { $0.webhooks.removeAll { $0.record.id == old.id } }
    return true
  }

  func rotateWebhook(
    _ name: String, keepingOldFor time: Duration, by principal: Principal
  ) async throws(ServiceError) -> WebhookWithSecret? {
    guard let old = try await webhook(name, of: principal.user) else { return nil }
    let until = time > .zero ? Self.webhookTime + time / .seconds(1) : nil
    let record = Self.record(old.id, old.request, oldSecretUntil: until)
    _ = change(old.id, of: principal.user) { $0.record = record }
    return WebhookWithSecret(webhook: record, secret: "whsec_second")
  }

  func deliveries(
    of webhook: String, user: UserID, limit: Int, before: DeliveryID?
  ) async throws(ServiceError) -> [DeliveryRecord]? {
    guard let found = try await self.webhook(webhook, of: user) else { return nil }
    let all = state.withLock { state in
      state.webhooks.first { $0.record.id == found.id }?.deliveries ?? []
    }
    let older = all.filter { delivery in before.map { delivery.id < $0 } ?? true }
    return [DeliveryRecord](older.sorted { $0.id > $1.id }.prefix(limit))
  }

  func replay(
    _ delivery: DeliveryID, of webhook: String, by principal: Principal
  ) async throws(ServiceError) -> DeliveryRecord? {
    let found = try await deliveries(of: webhook, user: principal.user, limit: 201, before: nil)
    guard let known = found?.first(where: { $0.id == delivery }) else { return nil }
    let hook = try await self.webhook(webhook, of: principal.user)
    guard hook?.request.isDisabled == false else { throw .badWebhook(.disabled) }
    return known
  }

  /// Adds deliveries to a webhook.
  func tell(_ webhook: String, _ deliveries: [DeliveryRecord]) {
    state.withLock { state in
      for index in state.webhooks.indices where state.webhooks[index].record.isNamed(webhook) {
        state.webhooks[index].deliveries += deliveries
      }
    }
  }

  private func check(_ url: String) throws(ServiceError) {
    guard url.hasPrefix("https://") else {
      throw .badWebhook(.url(detail: "only https may be spoken"))
    }
  }

  private func change(
    _ id: WebhookID, of user: UserID, _ change: (inout StoredWebhook) -> Void
  ) -> StoredWebhook? {
    state.withLock { state in
      let index = state.webhooks.firstIndex { $0.record.id == id && $0.owner == user }
      guard let index else { return nil }
      change(&state.webhooks[index])
      return state.webhooks[index]
    }
  }

  private static let webhookTime = Date(timeIntervalSince1970: 1_700_000_000)

  private static func record(
    _ id: WebhookID, _ request: WebhookRequest, oldSecretUntil: Date? = nil
  ) -> WebhookRecord {
    WebhookRecord(
      id: id, request: request, disablement: request.isDisabled ? .byUser : nil,
      disabledAt: request.isDisabled ? webhookTime : nil, oldSecretUntil: oldSecretUntil,
      createdAt: webhookTime)
  }
}

extension DeliveryRecord {
  /// One that was not taken.
  static func failing() -> DeliveryRecord {
    DeliveryRecord(
      id: DeliveryID(), event: .jobFailed, job: JobID(), deliveryJob: JobID(), state: .pending,
      attempts: 2, lastStatus: 500, lastError: "status_500",
      nextAttemptAt: Date(timeIntervalSince1970: 1_700_000_300),
      createdAt: Date(timeIntervalSince1970: 1_700_000_000),
      attemptedAt: Date(timeIntervalSince1970: 1_700_000_010), deliveredAt: nil)
  }
}
