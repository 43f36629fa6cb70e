public import Jobs
public import Postgres
import Storage

/// The catalogue of agents and skills, at most a second old.
public actor CatalogCache {
  private let store: WorkerStore
  private var cached: (catalog: CapabilityCatalog, readAt: ContinuousClock.Instant)?

  /// Reads nothing before the first ``current()``.
  public init(pool: PostgresPool) { store = WorkerStore(pool: pool) }

  /// What the workers have announced.
  ///
  /// - Throws: `PostgresError` when nothing is cached; while the database is away, an older
  ///   catalogue serves.
  public func current() async throws -> CapabilityCatalog {
    if let cached, ContinuousClock.now - cached.readAt < .seconds(1) { return cached.catalog }
    do {
      let catalog = try await store.catalog()
      cached = (catalog, .now)
      return catalog
    } catch {
      guard let cached else { throw error }
      return cached.catalog
    }
  }
}
