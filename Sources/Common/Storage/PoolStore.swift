import FoundationEssentials
public import Jobs
public import Postgres

/// How many workers each pool shall have, and the orders to single workers.
public struct PoolStore: Sendable {
  private let pool: PostgresPool

  /// Each call is one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// What is stored of a pool.
  public struct Setting: Sendable, Hashable {
    /// How many workers it shall have; `nil` when nobody has said so.
    public let desired: Int?
    /// Whether something that acts on that has looked within 15 s.
    public let isManaged: Bool
    /// How long its steps should wait at most.
    public let targetWait: Duration?
  }

  /// The pools of which anything is stored.
  public func settings() async throws -> [Pool: Setting] {
    let rows = try await pool.query(
      """
      SELECT name, desired, coalesce(managed_at > now() - interval '15 s', false) AS is_managed,
        target_wait_ms
      FROM pools
      """)
    var settings: [Pool: Setting] = [:]
    for row in rows {
      guard let pool = Pool(try row.decode("name", as: String.self)) else { continue }
      settings[pool] = Setting(
        desired: try row.decode("desired", as: Int32?.self).map(Int.init),
        isManaged: try row.decode("is_managed", as: Bool.self),
        targetWait: try row.decode("target_wait_ms", as: Int64?.self).map { .milliseconds($0) })
    }
    return settings
  }

  /// Says how many workers a pool shall have, audited.
  ///
  /// - Parameter workers: 0 to ``Jobs/PoolRecord/maximumDesired``.
  public func setDesired(
    _ workers: Int, of name: Pool, by principal: Principal
  ) async throws {
    _ = try await pool.pipeline([
      """
      INSERT INTO pools (name, desired, changed_at)
      VALUES (\(name.name), \(Int32(workers)), now())
      ON CONFLICT (name) DO UPDATE SET desired = EXCLUDED.desired, changed_at = now()
      """,
      AuditStatements.operated(
        "pool.scale", on: name.name, by: principal, detail: String(workers)),
    ])
  }

  /// Says how long steps of a pool should wait at most, audited.
  ///
  /// - Parameter wait: A millisecond or more; `nil` for as long as it takes.
  public func setTargetWait(_ wait: Duration?, of name: Pool, by principal: Principal) async throws
  {
    _ = try await pool.pipeline([
      """
      INSERT INTO pools (name, target_wait_ms, changed_at)
      VALUES (\(name.name), \(wait?.milliseconds), now())
      ON CONFLICT (name) DO UPDATE SET target_wait_ms = EXCLUDED.target_wait_ms, changed_at = now()
      """,
      AuditStatements.operated(
        "pool.target_wait", on: name.name, by: principal,
        detail: wait.map { "\($0.milliseconds) ms" } ?? "none"),
    ])
  }

  /// Says that the caller starts and stops workers of these pools; say it every few seconds.
  ///
  /// - Returns: How many each shall have, where somebody has said so.
  public func manage(_ pools: [Pool]) async throws -> [Pool: Int] {
    let rows = try await pool.query(
      """
      INSERT INTO pools (name, managed_at)
      SELECT name, now() FROM unnest(\(pools.map(\.name))) AS t(name) ORDER BY name
      ON CONFLICT (name) DO UPDATE SET managed_at = now()
      RETURNING name, desired
      """)
    var desired: [Pool: Int] = [:]
    for row in rows {
      guard let pool = Pool(try row.decode("name", as: String.self)),
        let count = try row.decode("desired", as: Int32?.self)
      else { continue }
      desired[pool] = Int(count)
    }
    return desired
  }

  /// Says that the caller does so no longer.
  public func release(_ pools: [Pool]) async throws {
    _ = try await pool.execute(
      "UPDATE pools SET managed_at = NULL WHERE name = ANY(\(pools.map(\.name)))")
  }

  /// Tells a worker to drain, audited; it hears of it with its next heartbeat.
  ///
  /// - Returns: `false` when there is no such worker.
  public func drain(_ worker: WorkerID, by principal: Principal) async throws -> Bool {
    let rows = try await pool.query(
      """
      WITH told AS (
        UPDATE workers SET drain_at = coalesce(drain_at, now()) WHERE id = \(worker.uuid)
        RETURNING id
      )
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'worker.drain', id::text, 'done'
      FROM told RETURNING 1 AS told
      """)
    return !rows.isEmpty
  }
}
