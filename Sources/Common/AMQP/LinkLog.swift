import Logging

/// The keys of this module's log entries.
enum LogKey {
  static let connection = "amqp.connection"
  static let generation = "amqp.generation"
  static let pause = "amqp.pause"
  static let error = "error"
}

extension Logger {
  /// A connection is made and set up.
  func connected(_ configuration: AMQPConfiguration, generation: UInt64) {
    info(
      "connected to the broker",
      metadata: [
        LogKey.connection: "\(configuration)", LogKey.generation: "\(generation)",
      ])
  }

  /// A connection was lost or not made; the next attempt follows the pause.
  func disconnected(_ configuration: AMQPConfiguration, _ error: AMQPError, pause: Duration) {
    warning(
      "no connection to the broker",
      metadata: [
        LogKey.connection: "\(configuration)", LogKey.error: "\(error)", LogKey.pause: "\(pause)",
      ])
  }
}
