public import Jobs
public import Postgres
import Storage
import Synchronization

/// The catalogue of agents and skills, at most a second old.
public final class CatalogCache: Sendable {
  private struct Entry {
    let catalog: CapabilityCatalog
    var readAt: ContinuousClock.Instant
  }

  private let store: WorkerStore
  private let entry = Mutex<Entry?>(nil)

  /// Reads nothing before the first ``current()``.
  public init(pool: PostgresPool) { store = WorkerStore(pool: pool) }

  /// What the workers have announced.
  ///
  /// - Throws: `PostgresError` when nothing is cached; while the database is away, an older
  ///   catalogue serves.
  public func current() async throws -> CapabilityCatalog {
    let now = ContinuousClock.now
    // The first to find it too old asks anew; meanwhile it serves the others.
    let usable = entry.withLock { entry -> CapabilityCatalog? in
      guard let known = entry else { return nil }
      guard now - known.readAt >= .seconds(1) else { return known.catalog }
      entry?.readAt = now
      return nil
    }
    if let usable { return usable }
    do {
      let catalog = try await store.catalog()
      entry.withLock { $0 = Entry(catalog: catalog, readAt: now) }
      return catalog
    } catch {
      guard let known = entry.withLock({ $0 }) else { throw error }
      return known.catalog
    }
  }
}
