import Glibc
public import Logging
import Observability
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

  /// Runs services until SIGTERM or SIGINT; the last of the list is asked to stop first. Then ends
  /// the process: leaving `main` would tear libraries down under threads that still use them.
  ///
  /// - Throws: What the first failing service throws.
  public static func run(_ services: [any Service], logger: Logger) async throws -> Never {
    signal(SIGPIPE, SIG_IGN)
    raiseDescriptorLimit()
    let services = Failpoint.shutdown.isOn ? services + [ShutdownFailpoint()] : services
    var configuration = ServiceGroupConfiguration(
      services: services.map {
        .init(
          service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
          failureTerminationBehavior: .cancelGroup)
      },
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    // A service that cannot end, such as a skill that blocks for ever, must not keep the process.
    configuration.maximumGracefulShutdownDuration = .seconds(32)
    configuration.maximumCancellationDuration = .seconds(2)
    try await ServiceGroup(configuration: configuration).run()
    _exit(EXIT_SUCCESS)
  }

  /// Allows as many open files, and so connections, as the system lets this process have.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }

  /// Checks that a server can listen at a port, before anything else is started.
  ///
  /// - Parameter port: On 127.0.0.1; 0 is always free.
  /// - Throws: ``SettingsError`` when another process listens there.
  public static func requireFree(port: Int) throws(SettingsError) {
    guard let number = UInt16(exactly: port), number != 0 else { return }
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = number.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isBound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isBound else {
      throw SettingsError(
        "port \(port) is taken: end what listens there, or choose another with --port or "
          + "OPENCLAW_GATEWAY_PORT")
    }
  }

  /// Prints one line to standard error and ends the process with `EX_CONFIG` (78).
  public static func refuse(_ program: String, _ error: any Error) -> Never {
    let line = [UInt8]("\(program): \(error)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    _exit(78)
  }
}

/// Hears of a shutdown before all other services, being the last of the list.
private struct ShutdownFailpoint: Service {
  func run() async throws {
    try await gracefulShutdown()
    try Failpoint.shutdown.hit()
  }
}
