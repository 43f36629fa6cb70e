import FoundationEssentials
public import Jobs
public import Postgres

/// Limits and pauses as operators see and set them.
public struct GateStore: Sendable {
  private let pool: PostgresPool

  /// Each call is one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// What is limited and paused now.
  public func gates() async throws -> Gates {
    let rows = try await pool.pipeline([
      GateStatements.limits, GateStatements.pauses, GateStatements.late,
    ])
    var gates = Gates()
    for row in rows[0] {
      guard let key = GateKey(try row.decode("key", as: String.self)) else { continue }
      gates.limits[key] = Int(try row.decode("maximum", as: Int32.self))
    }
    for row in rows[1] {
      guard let key = GateKey(try row.decode("key", as: String.self)) else { continue }
      gates.pauses.insert(key)
    }
    for row in rows[2] {
      // What has waited for less than twice its time is one class up, and so on.
      gates.raised[try row.lane()] = max(1, min(3, Int(try row.decode("times", as: Int32.self))))
    }
    return gates
  }

  /// All limits, by key.
  public func limits() async throws -> [LimitRecord] {
    let rows = try await pool.query(
      """
      SELECT key, maximum,
        (SELECT count(*) FROM limit_slots AS slot JOIN steps ON steps.id = slot.step_id
          AND steps.state = 3 AND steps.claim_id = slot.claim_id
          WHERE slot.key = limits.key
            OR right(limits.key, 2) = ':*' AND starts_with(slot.key, rtrim(limits.key, '*'))
              AND NOT EXISTS (SELECT FROM limits AS own WHERE own.key = slot.key)) AS running,
        (SELECT count(*) FROM steps WHERE state = 2
          AND (held_by = 'limit:' || limits.key
            OR right(limits.key, 2) = ':*'
              AND starts_with(held_by, 'limit:' || rtrim(limits.key, '*')) AND NOT EXISTS (
              SELECT FROM limits AS own WHERE 'limit:' || own.key = steps.held_by))) AS held
      FROM limits ORDER BY key
      """)
    return try rows.compactMap { row in
      guard let key = GateKey(try row.decode("key", as: String.self)) else { return nil }
      return LimitRecord(
        key: key, maximum: Int(try row.decode("maximum", as: Int32.self)),
        running: Int(try row.decode("running", as: Int64.self)),
        held: Int(try row.decode("held", as: Int64.self)))
    }
  }

  /// Sets a limit, audited.
  public func limit(_ key: GateKey, to maximum: Int, by principal: Principal) async throws {
    _ = try await pool.pipeline([
      """
      INSERT INTO limits (key, maximum) VALUES (\(key.description), \(Int32(maximum)))
      ON CONFLICT (key) DO UPDATE SET maximum = EXCLUDED.maximum, changed_at = now()
      """,
      AuditStatements.operated(
        "limit.set", on: key.description, by: principal, detail: String(maximum)),
    ])
  }

  /// Lifts a limit, audited.
  ///
  /// - Returns: Whether there was one.
  public func lift(_ key: GateKey, by principal: Principal) async throws -> Bool {
    let rows = try await pool.query(
      """
      WITH gone AS (DELETE FROM limits WHERE key = \(key.description) RETURNING key)
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'limit.lift', key, 'done' FROM gone
      RETURNING 1 AS gone
      """)
    return !rows.isEmpty
  }

  /// What is paused, by key.
  public func pauses() async throws -> [PauseRecord] {
    try await pool.query(
      """
      SELECT pauses.*, (SELECT count(*) FROM steps
        WHERE state = 2 AND held_by = 'pause:' || pauses.key) AS held
      FROM pauses WHERE expires_at IS NULL OR expires_at > now() ORDER BY key
      """
    ).compactMap(Self.pause)
  }

  /// The same without counting what is held, which costs next to nothing.
  public func presentPauses() async throws -> [PauseRecord] {
    try await pool.query(
      """
      SELECT pauses.*, 0::bigint AS held FROM pauses
      WHERE expires_at IS NULL OR expires_at > now() ORDER BY key
      """
    ).compactMap(Self.pause)
  }

  private static func pause(_ row: Row) throws -> PauseRecord? {
    guard let key = GateKey(try row.decode("key", as: String.self)) else { return nil }
    return PauseRecord(
      key: key, reason: try row.decode("reason", as: String.self),
      owner: try row.decode("owner", as: String.self),
      since: try row.decode("paused_at", as: Date.self),
      until: try row.decode("expires_at", as: Date?.self),
      held: Int(try row.decode("held", as: Int64.self)))
  }

  /// Whether there is such a user, disabled or not.
  public func hasUser(_ user: UserID) async throws -> Bool {
    try await !pool.query("SELECT 1 AS found FROM users WHERE id = \(user.uuid)").isEmpty
  }

  /// Pauses a set of steps, or changes how it is paused; audited.
  ///
  /// - Parameters:
  ///   - reason: `nil` leaves what was said before.
  ///   - length: How long from now on.
  public func pause(
    _ key: GateKey, reason: String?, for length: PauseLength, by principal: Principal
  ) async throws {
    var seconds: Int64?
    if case .lasting(let duration) = length { seconds = duration.components.seconds }
    _ = try await pool.pipeline([
      """
      INSERT INTO pauses (key, reason, owner, expires_at)
      VALUES (\(key.description), \(reason ?? ""), \(principal.userName),
        now() + \(seconds) * interval '1 s')
      ON CONFLICT (key) DO UPDATE SET owner = EXCLUDED.owner,
        paused_at = CASE WHEN pauses.expires_at <= now() THEN now() ELSE pauses.paused_at END,
        reason = CASE WHEN \(reason == nil) AND coalesce(pauses.expires_at > now(), true)
          THEN pauses.reason ELSE EXCLUDED.reason END,
        expires_at = CASE WHEN \(length == .asBefore) AND pauses.expires_at > now()
          THEN pauses.expires_at ELSE EXCLUDED.expires_at END
      """,
      AuditStatements.operated("pause", on: key.description, by: principal, detail: reason ?? ""),
    ])
  }

  /// Ends a pause, audited.
  ///
  /// - Returns: Whether there was one.
  public func resume(_ key: GateKey, by principal: Principal) async throws -> Bool {
    let rows = try await pool.query(
      """
      WITH gone AS (DELETE FROM pauses WHERE key = \(key.description) RETURNING key)
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'resume', key, 'done' FROM gone
      RETURNING 1 AS gone
      """)
    return !rows.isEmpty
  }
}
