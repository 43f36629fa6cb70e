import FoundationEssentials
public import Jobs
public import Postgres
import Security
public import Storage

/// A user's endpoints: making, changing and looking at them, and at what became of deliveries.
public struct WebhookBook: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent

  /// Each call is a transaction over a connection of `pool`.
  public init(pool: PostgresPool, content: SealedContent) {
    self.pool = pool
    self.content = content
  }

  /// Why an endpoint is not stored.
  public enum Refusal: Error, Sendable, Hashable {
    /// Another endpoint of the user has the name.
    case nameTaken
    /// The user has as many as a user may have.
    case tooMany
  }

  /// The most endpoints of a user: the end of each of their jobs looks at all.
  public static let maximum = 100

  /// A user's endpoints, the oldest first.
  ///
  /// - Throws: `PostgresError`.
  public func list(of user: UserID) async throws -> [WebhookRecord] {
    try WebhookStatements.read(try await pool.query(WebhookStatements.list(of: user))).map(record)
  }

  /// An endpoint by its id or name; `nil` when the user has none such.
  ///
  /// - Throws: `PostgresError`.
  public func find(_ name: String, of user: UserID) async throws -> WebhookRecord? {
    try WebhookStatements.read(try await pool.query(WebhookStatements.find(name, of: user)))
      .first.map(record)
  }

  /// Makes an endpoint, with its first secret.
  ///
  /// - Throws: ``Refusal``; `PostgresError`.
  public func create(
    _ request: WebhookRequest, by principal: Principal
  ) async throws -> WebhookWithSecret {
    let counted = try await pool.query(WebhookStatements.count(of: principal.user)).first
    guard try counted?.decode("count", as: Int64.self) ?? 0 < Self.maximum else {
      throw Refusal.tooMany
    }
    let id = WebhookID()
    let secret = WebhookSecret()
    try await store(id, request, by: principal, isNew: true, [try adding(secret, to: id)])
    guard let webhook = try await find(id.description, of: principal.user) else {
      throw PostgresError(code: .decoding, message: "the new endpoint is gone")
    }
    return WebhookWithSecret(webhook: webhook, secret: secret.secret)
  }

  /// Changes an endpoint; one that is not disabled any more forgets why it was.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``Refusal``; `PostgresError`.
  public func edit(
    _ id: WebhookID, to request: WebhookRequest, by principal: Principal
  ) async throws -> WebhookRecord? {
    guard try await find(id.description, of: principal.user) != nil else { return nil }
    try await store(id, request, by: principal, isNew: false)
    return try await find(id.description, of: principal.user)
  }

  private func store(
    _ id: WebhookID, _ request: WebhookRequest, by principal: Principal, isNew: Bool,
    _ others: [SQL] = []
  ) async throws {
    let url = try content.seal(.string(request.url), .webhookURL, row: id.uuid)
    do {
      _ = try await pool.pipeline(
        [WebhookStatements.store(id, request, url: url, by: principal, isNew: isNew)] + others)
    } catch let error where error.code == .uniqueViolation {
      throw Refusal.nameTaken
    }
  }

  /// Removes an endpoint; what was to be sent to it is not.
  ///
  /// - Returns: Whether the user had one such.
  /// - Throws: `PostgresError`.
  public func delete(_ name: String, by principal: Principal) async throws -> Bool {
    guard let old = try await find(name, of: principal.user) else { return false }
    _ = try await pool.execute(WebhookStatements.delete(old.id, by: principal))
    return true
  }

  /// Gives an endpoint a new secret. The present one signs beside it for a time; the one before
  /// that does not any more.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func rotate(
    _ name: String, keepingOldFor time: Duration, by principal: Principal
  ) async throws -> WebhookWithSecret? {
    guard let old = try await find(name, of: principal.user) else { return nil }
    let secret = WebhookSecret()
    let addition = try adding(secret, to: old.id)
    let isThere = try await pool.transaction { transaction in
      let lock = WebhookStatements.lock(old.id, of: principal.user)
      guard try await !transaction.query(lock).isEmpty else { return false }
      try await transaction.commit(
        after: WebhookStatements.retireSecrets(of: old.id, after: time) + [
          addition, WebhookStatements.auditRotation(of: old.id, by: principal),
        ])
      return true
    }
    guard isThere, let webhook = try await find(old.id.description, of: principal.user) else {
      return nil
    }
    return WebhookWithSecret(webhook: webhook, secret: secret.secret)
  }

  /// The deliveries of an endpoint, the newest first.
  ///
  /// - Parameters:
  ///   - limit: 1 to 201.
  ///   - before: Only those that are older; `nil` for all.
  /// - Returns: `nil` when the user has no such endpoint.
  /// - Throws: `PostgresError`.
  public func deliveries(
    of name: String, user: UserID, limit: Int, before: DeliveryID?
  ) async throws -> [DeliveryRecord]? {
    guard let webhook = try await find(name, of: user) else { return nil }
    return try DeliveryStatements.read(
      try await pool.query(
        DeliveryStatements.list(of: webhook.id, user: user, limit: limit, before: before)))
  }

  /// Sends a delivery again, whatever became of it, under the same id.
  ///
  /// - Returns: As it is now; `nil` when the user's endpoint has none such.
  /// - Throws: `PostgresError`.
  public func replay(
    _ delivery: DeliveryID, of name: String, by principal: Principal
  ) async throws -> DeliveryRecord? {
    guard let webhook = try await find(name, of: principal.user) else { return nil }
    let rows = try await pool.pipeline([
      DeliveryStatements.replay(delivery, of: webhook.id, by: principal),
      DeliveryStatements.find(delivery, of: webhook.id, user: principal.user),
    ])
    return try DeliveryStatements.read(rows[1]).first
  }

  private func adding(_ secret: WebhookSecret, to webhook: WebhookID) throws -> SQL {
    let id = UUID()
    return WebhookStatements.addSecret(
      id, try content.seal(.string(secret.secret), .webhookSecret, row: id), to: webhook)
  }

  private func record(_ stored: StoredWebhook) throws -> WebhookRecord {
    let url = try content.open(stored.url, .webhookURL, row: stored.id.uuid).text ?? ""
    return WebhookRecord(
      id: stored.id,
      request: WebhookRequest(
        name: stored.name, url: url, events: stored.events, coversAllJobs: stored.coversAllJobs,
        isDisabled: stored.disabledAt != nil),
      disablement: stored.disablement, disabledAt: stored.disabledAt,
      oldSecretUntil: stored.oldSecretUntil, createdAt: stored.createdAt)
  }
}
