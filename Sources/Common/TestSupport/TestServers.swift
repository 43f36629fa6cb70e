import Foundation

/// The private servers that `make test` starts and names in the environment.
public enum TestServers {
  /// libpq URL of a PostgreSQL in which tests may create databases.
  ///
  /// - Throws: ``TestServersMissing`` outside `make test`.
  public static func databaseURL() throws -> String { try variable("OPENCLAW_TEST_DATABASE_URL") }

  /// AMQP URI of a RabbitMQ in which tests may declare what they like.
  ///
  /// - Throws: ``TestServersMissing`` outside `make test`.
  public static func amqpURL() throws -> String { try variable("OPENCLAW_TEST_AMQP_URL") }

  private static func variable(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
      throw TestServersMissing()
    }
    return value
  }
}

/// The tests were not started by `make test`.
public struct TestServersMissing: Error, CustomStringConvertible {
  /// Tells the developer how to start the tests with servers.
  public let description = "no test servers: run `make test ARGS=\"--filter …\"`"
}
