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
    /// It would never be told anything; see ``Jobs/WebhookRequest/isNeverTold``.
    case neverTold
    /// It is told nothing now, so that nothing can be sent to it again.
    case disabled
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
    guard !request.isNeverTold else { throw Refusal.neverTold }
    let id = WebhookID()
    let secret = WebhookSecret()
    let statements = [
      WebhookStatements.insert(
        id, request, url: try content.seal(.string(request.url), .webhookURL, row: id.uuid),
        by: principal),
      try adding(secret, to: id),
    ]
    try await named {
      try await pool.transaction { transaction in
        let hasRoom = try await transaction.hasRoom(
          for: principal.user, below: Self.maximum, by: WebhookStatements.count(of: principal.user))
        guard hasRoom else { throw Refusal.tooMany }
        try await transaction.commit(after: statements)
      }
    }
    guard let webhook = try await find(id.description, of: principal.user) else {
      throw PostgresError(code: .decoding, message: "the new endpoint is gone")
    }
    return WebhookWithSecret(webhook: webhook, secret: secret.secret)
  }

  /// Changes an endpoint; one that is not disabled any more forgets why it was. What waits to be
  /// sent to it depends on the principal's token from now on, as the endpoint does.
  ///
  /// - Parameter check: Throws for a URL that may not be reached. Asked only if requests may go
  ///   where none went before: any endpoint can be disabled.
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``Refusal``; what `check` throws; `PostgresError`.
  public func edit(
    _ name: String, _ change: WebhookChange, by principal: Principal,
    check: @Sendable (String) throws -> Void = { _ in }
  ) async throws -> WebhookRecord? {
    let id = try await named {
      try await pool.transaction { transaction -> WebhookID? in
        guard let old = try await lock(name, of: principal, in: transaction) else { return nil }
        let new = change.applied(to: old.request)
        if change.changesWhatIsTold, new.isNeverTold { throw Refusal.neverTold }
        if change.opensURL(of: old.request) { try check(new.url) }
        // A URL that stays is not sealed anew: requests under way are told apart by it.
        let url =
          new.url.utf8.elementsEqual(old.request.url.utf8)
          ? nil : try content.seal(.string(new.url), .webhookURL, row: old.id.uuid)
        try await transaction.commit(after: [
          WebhookStatements.update(old.id, to: new, url: url, by: principal),
          DeliveryStatements.takeOver(old.id, by: principal),
        ])
        return old.id
      }
    }
    guard let id else { return nil }
    return try await find(id.description, of: principal.user)
  }

  private func lock(
    _ name: String, of principal: Principal, in transaction: PostgresTransaction
  ) async throws -> WebhookRecord? {
    let rows = try await transaction.query(WebhookStatements.lock(name, of: principal.user))
    return try WebhookStatements.read(rows).first.map(record)
  }

  private func named<Answer>(_ store: () async throws -> Answer) async throws -> Answer {
    do {
      return try await store()
    } catch let error as PostgresError where error.code == .uniqueViolation {
      throw Refusal.nameTaken
    }
  }

  /// Removes an endpoint; what was to be sent to it is not.
  ///
  /// - Returns: Whether the user had one such.
  /// - Throws: `PostgresError`.
  public func delete(_ name: String, by principal: Principal) async throws -> Bool {
    try await pool.transaction { transaction in
      guard let old = try await lock(name, of: principal, in: transaction) else { return false }
      // After the lock, so that it sees the secret of a rotation that came first.
      try await transaction.commit(after: [WebhookStatements.delete(old.id, by: principal)])
      return true
    }
  }

  /// Gives an endpoint a new secret. The present one signs beside it for a time, and so do those
  /// before it until they end as they were to; see ``Storage/WebhookStatements/oldSecrets``.
  ///
  /// - Parameter time: Zero ends all old ones at once.
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func rotate(
    _ name: String, keepingOldFor time: Duration, by principal: Principal
  ) async throws -> WebhookWithSecret? {
    let secret = WebhookSecret()
    let id = try await pool.transaction { transaction -> WebhookID? in
      guard let old = try await lock(name, of: principal, in: transaction) else { return nil }
      try await transaction.commit(
        after: WebhookStatements.retireSecrets(of: old.id, after: time) + [
          try adding(secret, to: old.id),
          WebhookStatements.auditRotation(of: old.id, by: principal),
        ])
      return old.id
    }
    guard let id, let webhook = try await find(id.description, of: principal.user) else {
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
  /// - Throws: ``Refusal/disabled``; `PostgresError`.
  public func replay(
    _ delivery: DeliveryID, of name: String, by principal: Principal
  ) async throws -> DeliveryRecord? {
    guard let webhook = try await find(name, of: principal.user) else { return nil }
    let found = DeliveryStatements.find(delivery, of: webhook.id, user: principal.user)
    guard try await !pool.query(found).isEmpty else { return nil }
    guard !webhook.request.isDisabled else { throw Refusal.disabled }
    let rows = try await pool.pipeline([
      DeliveryStatements.replay(delivery, of: webhook.id, by: principal), found,
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
