public import Jobs
public import Observability
public import Postgres
public import Storage

/// Limits and pauses by request; what they free goes on at once.
public struct GateCommands: Sendable {
  /// What is limited and paused, for those who look.
  public let store: GateStore
  private let pool: PostgresPool
  private let dispatcher: TicketDispatcher
  private let metrics: Metrics

  /// The dispatcher sends the tickets of steps that go on.
  public init(pool: PostgresPool, dispatcher: TicketDispatcher, metrics: Metrics) {
    store = GateStore(pool: pool)
    self.pool = pool
    self.dispatcher = dispatcher
    self.metrics = metrics
  }

  /// Sets a limit; one that grows lets held steps go on.
  ///
  /// - Throws: `PostgresError`.
  public func limit(_ key: GateKey, to maximum: Int, by principal: Principal) async throws {
    try await store.limit(key, to: maximum, by: principal)
    try await release(GateStatements.promoteFree)
  }

  /// Lifts a limit.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: `PostgresError`.
  public func lift(_ key: GateKey, by principal: Principal) async throws -> Bool {
    guard try await store.lift(key, by: principal) else { return false }
    try await release(GateStatements.promoteFree)
    return true
  }

  /// Ends a pause.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: `PostgresError`.
  public func resume(_ key: GateKey, by principal: Principal) async throws -> Bool {
    guard try await store.resume(key, by: principal) else { return false }
    try await release(GateStatements.promote(paused: key))
    return true
  }

  private func release(_ statement: SQL) async throws {
    let promoted = try await pool.query(statement).map { try TicketRow($0) }
    if !promoted.isEmpty { try Failpoint.promote.hit() }
    dispatcher.dispatch(ready: promoted, metrics)
  }
}
