public import Logging
public import ServiceLifecycle
import Synchronization

/// Up to `maximumConnections` connections, each on a thread of its own.
///
/// Connections are opened on demand, so the pool can be used as soon as it is made. Waiters are
/// served in order. A broken connection is replaced; one that broke while idle is noticed before
/// it is used again.
public final class PostgresPool: Service, Sendable {
  /// What the pool was made with.
  public let configuration: PostgresConfiguration
  private let logger: Logger
  private let state: Mutex<PoolState<PostgresConnection, PoolWaiter>>

  /// Makes a pool; nothing is opened yet.
  public init(configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    state = Mutex(PoolState(maximum: configuration.maximumConnections))
  }

  /// Runs until graceful shutdown or cancellation, then ``shutdown()``.
  public func run() async throws {
    do {
      try await gracefulShutdown()
    } catch is CancellationError {
      logger.debug("pool cancelled")
    }
    await shutdown()
  }

  /// Gives a pool to a command that needs one for a short while, and shuts it down afterwards.
  ///
  /// - Throws: What `body` throws.
  public static func withPool<Result: Sendable>(
    _ configuration: PostgresConfiguration, logger: Logger,
    _ body: @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    let pool = PostgresPool(configuration: configuration, logger: logger)
    do {
      let result = try await body(pool)
      await pool.shutdown()
      return result
    } catch {
      await pool.shutdown()
      throw error
    }
  }

  /// Closes idle connections and turns waiters away; those in use close when given back.
  public func shutdown() async {
    let (connections, waiters) = state.withLock { $0.close() }
    for waiter in waiters { waiter.resume(with: .closed) }
    for connection in connections { await connection.close() }
  }

  /// How many connections are open or opening, how many of them idle, how many callers wait.
  public var statistics: (open: Int, idle: Int, waiting: Int) {
    state.withLock { ($0.slots, $0.idleCount, $0.waiterCount) }
  }

  /// The time after which the client itself ends a call.
  var callTimeout: Duration { configuration.statementTimeout + .seconds(2) }
}

// MARK: - Leases

extension PostgresPool {
  /// A connection for this caller alone; give it back with ``release(_:)``.
  ///
  /// - Throws: `poolTimeout`, `poolClosed`, `connectFailed`, `cancelled`.
  func acquire() async throws(PostgresError) -> PostgresConnection {
    if Task.isCancelled { throw .cancelled }
    let waiter = PoolWaiter()
    switch state.withLock({ $0.acquire(waiter) }) {
    case .use(let connection): return try await checked(connection)
    case .open: return try await open()
    case .closed: throw Self.closed
    case .wait:
      switch await wait(waiter) {
      case .use(let connection): return connection
      case .open: return try await open()
      case .closed: throw Self.closed
      case .cancelled: throw .cancelled
      case .timedOut:
        throw PostgresError(
          code: .poolTimeout, message: "no connection free in \(configuration.acquireTimeout)")
      }
    }
  }

  /// Gives a connection back; a broken one is closed and its slot freed, and the idle ones with it.
  func release(_ connection: PostgresConnection) {
    guard connection.isUsable else {
      // Their last references go here, and with them the sessions.
      _ = state.withLock { $0.distrustIdle() }
      return freeSlot()
    }
    carryOut(state.withLock { $0.release(connection) })
  }

  private static let closed = PostgresError(code: .poolClosed, message: "the pool is shut down")

  private func wait(_ waiter: PoolWaiter) async -> PoolWaiter.Grant {
    async let _ = expire(waiter)
    return await withTaskCancellationHandler {
      if Task.isCancelled { end(waiter, .cancelled) }
      return await waiter.grant()
    } onCancel: {
      end(waiter, .cancelled)
    }
  }

  private func expire(_ waiter: PoolWaiter) async {
    // Ends early, with an error, when the waiter was served.
    guard (try? await Task.sleep(for: configuration.acquireTimeout)) != nil else { return }
    end(waiter, .timedOut)
  }

  private func end(_ waiter: PoolWaiter, _ grant: PoolWaiter.Grant) {
    if state.withLock({ $0.remove(waiter) }) { waiter.resume(with: grant) }
  }

  /// The idle connection, or a new one in its slot when it broke meanwhile.
  private func checked(
    _ connection: PostgresConnection
  ) async throws(PostgresError) -> PostgresConnection {
    guard connection.hasUnreadInput else { return connection }
    if await connection.checkHealth() { return connection }
    logger.debug("an idle connection was lost and is replaced")
    await connection.close()
    return try await open()
  }

  /// Opens a connection in a slot that is reserved; frees the slot when that fails.
  private func open() async throws(PostgresError) -> PostgresConnection {
    do throws(PostgresError) {
      return try await PostgresConnection.open(configuration, logger: logger)
    } catch {
      freeSlot()
      throw error
    }
  }

  private func freeSlot() { carryOut(state.withLock { $0.freeSlot() }) }

  private func carryOut(_ release: PoolState<PostgresConnection, PoolWaiter>.Release) {
    switch release {
    case .give(let connection, let waiter): waiter.resume(with: .use(connection))
    case .letOpen(let waiter): waiter.resume(with: .open)
    // Its last reference goes here, and with it the session: nobody else holds the handle.
    case .close, .none: break
    }
  }
}
