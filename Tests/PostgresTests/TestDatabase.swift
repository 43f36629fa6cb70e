import Logging
import Postgres
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The database that these tests run against.
enum TestDatabase {
  /// A connection string; the tests make tables of random names, and types and roles none.
  static func url() throws -> String {
    let value = try #require(
      getenv("OPENCLAW_TEST_DATABASE_URL"), "OPENCLAW_TEST_DATABASE_URL is not set")
    return String(cString: value)
  }

  static func configuration(_ name: String = "postgres-tests") throws -> PostgresConfiguration {
    try PostgresConfiguration(url: try url(), applicationName: name)
  }

  static let logger = Logger(label: "postgres-tests")
}
