import Logging
import ServiceLifecycle

/// Turns a graceful shutdown into the drain signal, and holds the server's own shutdown back
/// until load balancers have had time to see it.
struct DrainService: Service {
  let signal: OnceSignal
  let delay: Duration
  let logger: Logger

  func run() async throws {
    defer { signal.raise() }
    do {
      try await gracefulShutdown()
      signal.raise()
      logger.info("draining")
      try await Task.sleep(for: delay)
    } catch is CancellationError {
      // Cancelled: there is no more time to drain in.
    }
  }
}
