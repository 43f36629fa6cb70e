public import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// An endpoint's row, its URL still closed.
public struct StoredWebhook: Sendable {
  /// The endpoint.
  public let id: WebhookID
  /// See ``Jobs/WebhookRequest``.
  public let name: String?, events: Set<WebhookEvent>, coversAllJobs: Bool
  /// Sealed for ``SealedContent/Column/webhookURL`` and the row `id`.
  public let url: [UInt8]
  /// See ``Jobs/WebhookRecord``.
  public let disablement: WebhookDisablement?, disabledAt: Date?, oldSecretUntil: Date?
  /// When it was made.
  public let createdAt: Date

  init(_ row: Row) throws {
    id = WebhookID(try row.decode("id", as: UUID.self))
    name = try row.decode("name", as: String?.self)
    // What a later version may tell is not told by this one.
    events = Set(
      try row.decode("events", as: [String].self).compactMap(WebhookEvent.init(rawValue:)))
    coversAllJobs = try row.decode("all_jobs", as: Bool.self)
    url = try row.decode("url", as: [UInt8].self)
    disabledAt = try row.decode("disabled_at", as: Date?.self)
    let reason = try row.decode("disabled_reason", as: String?.self)
    disablement =
      disabledAt == nil ? nil : reason.flatMap(WebhookDisablement.init(rawValue:)) ?? .byUser
    oldSecretUntil = try row.decode("old_secret_until", as: Date?.self)
    createdAt = try row.decode("created_at", as: Date.self)
  }
}

/// Endpoints: making, finding, changing and removing them, and their secrets.
public enum WebhookStatements {
  private static let selection: SQL = """
    SELECT webhook.*, (
      SELECT max(secret.expires_at) FROM webhook_secrets AS secret
      WHERE secret.webhook_id = webhook.id AND secret.expires_at > now()) AS old_secret_until
    FROM webhooks AS webhook
    """

  /// A user's endpoints, the oldest first, for ``read(_:)``.
  public static func list(of user: UserID) -> SQL {
    let rest: SQL = " WHERE webhook.user_id = \(user.uuid) ORDER BY webhook.id LIMIT 1000"
    return selection + rest
  }

  /// How many endpoints a user has. Column: `count`.
  public static func count(of user: UserID) -> SQL {
    "SELECT count(*) AS count FROM webhooks WHERE user_id = \(user.uuid)"
  }

  /// A user's endpoint by its id or its name, for ``read(_:)``.
  public static func find(_ name: String, of user: UserID) -> SQL {
    let id = WebhookID(name)?.uuid
    let rest: SQL = """
       WHERE webhook.user_id = \(user.uuid)
        AND (webhook.name = \(name) OR webhook.id = \(id)::uuid)
      """
    return selection + rest
  }

  /// A user's endpoint by its id or its name, locked, for ``read(_:)`` (without the end of its old
  /// secrets); no row when it is not there any more.
  public static func lock(_ name: String, of user: UserID) -> SQL {
    let id = WebhookID(name)?.uuid
    return """
      SELECT webhook.*, NULL::timestamptz AS old_secret_until FROM webhooks AS webhook
      WHERE webhook.user_id = \(user.uuid)
        AND (webhook.name = \(name) OR webhook.id = \(id)::uuid)
      FOR UPDATE
      """
  }

  /// Reads rows of the statements above.
  public static func read(_ rows: [Row]) throws -> [StoredWebhook] {
    try rows.map(StoredWebhook.init)
  }

  /// Makes an endpoint, audited. A taken name is a `uniqueViolation`.
  public static func insert(
    _ id: WebhookID, _ request: WebhookRequest, url: Sealed, by principal: Principal
  ) -> SQL {
    """
    WITH stored AS (
      INSERT INTO webhooks (id, user_id, token_id, name, url, events, all_jobs, disabled_at,
        disabled_reason)
      VALUES (\(id.uuid), \(principal.user.uuid), \(principal.token.uuid), \(request.name),
        \(url.bytes), \(request.events.map(\.rawValue).sorted()), \(request.coversAllJobs),
        CASE WHEN \(request.isDisabled) THEN now() END,
        CASE WHEN \(request.isDisabled) THEN \(WebhookDisablement.byUser.rawValue) END)
      RETURNING id
    )
    \(audit("webhook.create", by: principal))
    """
  }

  /// Changes a locked endpoint, audited. From now on the principal's token counts. A taken name is
  /// a `uniqueViolation`.
  ///
  /// - Parameter url: The new one; `nil` leaves the old one as it is sealed.
  public static func update(
    _ id: WebhookID, to request: WebhookRequest, url: Sealed?, by principal: Principal
  ) -> SQL {
    """
    WITH stored AS (
      UPDATE webhooks SET token_id = \(principal.token.uuid), name = \(request.name),
        url = coalesce(\(url?.bytes)::bytea, url),
        events = \(request.events.map(\.rawValue).sorted()), all_jobs = \(request.coversAllJobs),
        disabled_at = CASE WHEN \(request.isDisabled) THEN coalesce(disabled_at, now()) END,
        disabled_reason = CASE WHEN \(request.isDisabled)
          THEN coalesce(disabled_reason, \(WebhookDisablement.byUser.rawValue)) END
      WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid)
      RETURNING id
    )
    \(audit("webhook.edit", by: principal))
    """
  }

  private static func audit(_ action: String, by principal: Principal) -> SQL {
    """
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), \(action), id::text, 'done' FROM stored
    """
  }

  /// Tells an endpoint nothing more, audited, unless that is so already.
  ///
  /// - Parameter condition: Of the endpoint's row.
  public static func disable(
    _ id: WebhookID, _ reason: WebhookDisablement, if condition: SQL = "true"
  ) -> SQL {
    """
    WITH disabled AS (
      UPDATE webhooks SET disabled_at = now(), disabled_reason = \(reason.rawValue)
      WHERE id = \(id.uuid) AND disabled_at IS NULL AND \(condition) RETURNING id, user_id
    )
    INSERT INTO audit_log (user_id, action, subject, outcome, detail)
    SELECT user_id, 'webhook.disable', id::text, 'done',
      jsonb_build_object('reason', \(reason.rawValue)::text) FROM disabled
    """
  }

  /// Removes a locked endpoint with its secrets, audited.
  public static func delete(_ id: WebhookID, by principal: Principal) -> SQL {
    """
    WITH gone AS (
      DELETE FROM webhooks WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid)
      RETURNING id
    ), secrets AS (
      DELETE FROM webhook_secrets WHERE webhook_id IN (SELECT id FROM gone)
    ), schedules_left AS (
      UPDATE schedules SET webhook_id = NULL WHERE webhook_id IN (SELECT id FROM gone)
    ), slots AS (
      DELETE FROM limit_slots WHERE key IN (SELECT 'webhook:' || id::text FROM gone)
    )
    INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
    SELECT \(principal.user.uuid), \(principal.token.uuid), 'webhook.delete', id::text, 'done'
    FROM gone
    """
  }

  /// Removes what steps of deleted endpoints have left: slots that nothing holds, and limits.
  public static let forgetLimits: SQL = """
    WITH slots AS (
      DELETE FROM limit_slots WHERE key LIKE 'webhook:%'
        AND NOT EXISTS (SELECT FROM webhooks WHERE 'webhook:' || webhooks.id::text = key)
        AND NOT EXISTS (SELECT FROM steps WHERE steps.id = limit_slots.step_id
          AND steps.state = 3 AND steps.claim_id = limit_slots.claim_id)
    )
    DELETE FROM limits WHERE key LIKE 'webhook:%' AND key <> 'webhook:*'
      AND NOT EXISTS (SELECT FROM webhooks WHERE 'webhook:' || webhooks.id::text = key)
    """

  /// The most old secrets that sign beside the present one.
  public static let oldSecrets: Int64 = 5

  /// Ends the present secret of a locked endpoint after a time; those before it end as they were
  /// to. Without a time all end at once. Of more than ``oldSecrets``, those go that end first.
  public static func retireSecrets(of webhook: WebhookID, after time: Duration) -> [SQL] {
    [
      """
      DELETE FROM webhook_secrets
      WHERE webhook_id = \(webhook.uuid) AND (expires_at <= now() OR \(time <= .zero))
      """,
      """
      UPDATE webhook_secrets
      SET expires_at = now() + \(time.components.seconds) * interval '1 s'
      WHERE webhook_id = \(webhook.uuid) AND expires_at IS NULL
      """,
      """
      DELETE FROM webhook_secrets WHERE id IN (
        SELECT id FROM webhook_secrets WHERE webhook_id = \(webhook.uuid)
        ORDER BY expires_at DESC OFFSET \(oldSecrets))
      """,
    ]
  }

  /// Forgets secrets that sign no more, and those whose endpoint is not there any more.
  public static let forgetSecrets: SQL = """
    DELETE FROM webhook_secrets AS secret WHERE secret.expires_at <= now() OR NOT EXISTS (
      SELECT FROM webhooks AS webhook WHERE webhook.id = secret.webhook_id)
    """

  /// Gives an endpoint its present secret.
  ///
  /// - Parameters:
  ///   - id: New; the row that `secret` is sealed for.
  ///   - secret: Sealed for ``SealedContent/Column/webhookSecret``.
  public static func addSecret(_ id: UUID, _ secret: Sealed, to webhook: WebhookID) -> SQL {
    """
    INSERT INTO webhook_secrets (id, webhook_id, secret)
    VALUES (\(id), \(webhook.uuid), \(secret.bytes))
    """
  }

  /// Says who has given an endpoint a new secret.
  public static func auditRotation(of webhook: WebhookID, by principal: Principal) -> SQL {
    AuditStatements.operated("webhook.rotate", on: webhook.description, by: principal)
  }
}
