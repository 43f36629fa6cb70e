import Glibc
public import Logging
public import ServiceLifecycle
import UnixSignals

/// How the executables log, run and end.
public enum ProcessLifecycle {
  /// A logger to standard error.
  public static func logger(_ label: String, level: Logger.Level) -> Logger {
    var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = level
    return logger
  }

  /// Runs services until SIGTERM or SIGINT; the last of the list is asked to stop first.
  ///
  /// - Throws: What the first failing service throws.
  public static func run(_ services: [any Service], logger: Logger) async throws {
    signal(SIGPIPE, SIG_IGN)
    let group = ServiceGroup(
      configuration: .init(
        services: services.map {
          .init(
            service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .cancelGroup)
        },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
  }

  /// Prints one line to standard error and ends the process with `EX_CONFIG` (78).
  public static func refuse(_ program: String, _ error: any Error) -> Never {
    let line = [UInt8]("\(program): \(error)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    exit(78)
  }
}
