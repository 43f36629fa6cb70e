import FoundationEssentials
import Postgres
import Synchronization
import TestSupport
import Testing

/// A pool that is shut down after the body.
func withPool<T>(
  _ change: (inout PostgresConfiguration) -> Void = { _ in },
  named name: String = "postgres-tests", url: String? = nil,
  _ body: (PostgresPool) async throws -> T
) async throws -> T {
  var configuration = try PostgresConfiguration(
    url: try url ?? TestDatabase.url(), applicationName: name)
  change(&configuration)
  let pool = PostgresPool(configuration: configuration, logger: TestDatabase.logger)
  do {
    let value = try await body(pool)
    await pool.shutdown()
    return value
  } catch {
    await pool.shutdown()
    throw error
  }
}

/// A table of a random name, dropped after the body.
func withTable<T>(
  _ pool: PostgresPool, _ columns: String, _ body: (SQL) async throws -> T
) async throws -> T {
  let name = SQL(unsafeRaw: randomName())
  try await pool.execute("CREATE TABLE \(name) (\(unsafeRaw: columns))")
  do {
    let value = try await body(name)
    try await pool.execute("DROP TABLE \(name)")
    return value
  } catch {
    try await pool.execute("DROP TABLE \(name)")
    throw error
  }
}

/// A name that no other test uses.
func randomName() -> String {
  "t" + UUID().uuidString.lowercased().filter { $0 != "-" }
}

/// The error that the body throws, which must be a PostgresError.
func postgresError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> PostgresError {
  let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) {
    try await body()
  }
  return try #require(error, sourceLocation: sourceLocation)
}

/// Counts how often something ran.
final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  /// Counts one more and returns the sum.
  @discardableResult
  func increment() -> Int {
    count.withLock { count in
      count += 1
      return count
    }
  }
}

/// Meets the other parties: everyone waits until `count` of them arrived.
actor Barrier {
  private var missing: Int
  private var waiters: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { missing = count }

  func arrive() async {
    missing -= 1
    if missing > 0 {
      await withCheckedContinuation { waiters.append($0) }
    } else {
      for waiter in waiters { waiter.resume() }
      waiters = []
    }
  }
}

/// Asks until the answer is yes; the test's time limit bounds it.
func eventually(_ condition: () async throws -> Bool) async throws {
  while try await !condition() {
    try Task.checkCancellation()
    await Task.yield()  // a condition that never suspends would keep one of the few threads
  }
}

/// A proxy before the test database, and a connection string that goes through it.
func withProxy(_ body: (FaultProxy, String) async throws -> Void) async throws {
  var components = URLComponents(string: try TestDatabase.url()) ?? URLComponents()
  let proxy = try FaultProxy(
    to: UInt16(components.port ?? 5432), followsPostgres: true)
  defer { proxy.end() }
  components.host = "127.0.0.1"
  components.port = Int(proxy.port)
  try await body(proxy, components.string ?? "")
}
