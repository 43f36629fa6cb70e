import AMQP
import Glibc
import Logging

/// Where the tests' broker is. TestSupport will provide it; until then the environment does.
enum Broker {
  static var url: String {
    getenv("OPENCLAW_TEST_AMQP_URL").map { String(cString: $0) }
      ?? "amqp://guest:guest@127.0.0.1:5672/%2F"
  }

  static func configuration(_ name: String = "amqp-tests") throws -> AMQPConfiguration {
    var configuration = try AMQPConfiguration(url: url, connectionName: name)
    configuration.backoff = Backoff(base: .milliseconds(10), limit: .milliseconds(100))
    return configuration
  }

  static let logger: Logger = {
    var logger = Logger(label: "amqp-tests")
    logger.logLevel = .error
    return logger
  }()
}
