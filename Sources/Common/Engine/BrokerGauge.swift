public import JobQueue
import Jobs
public import Logging
import Observability
public import ServiceLifecycle
import Synchronization

/// The broker's own figures, asked for only while somebody wants them, and never waited for long:
/// a broker that hangs makes them missing, nothing else.
public final class BrokerGauge: Service {
  private struct State {
    var depths: [Lane: BrokerDepth]?
    var answeredAt: ContinuousClock.Instant?
  }

  private let inspector: LaneInspector
  private let logger: Logger
  private let state = Mutex(State())
  private let wishes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  /// Asks nothing before somebody wants to know.
  public init(inspector: LaneInspector, logger: Logger) {
    self.inspector = inspector
    self.logger = logger
  }

  /// Asks the broker as often as somebody wants to know, every two seconds at most.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in self.wishes.stream {
        await self.ask()
        // It fails only at the shutdown.
        try? await Task.sleep(for: .seconds(2))
      }
    }
  }

  /// The figures of the last ten seconds; `nil` when there are none even after a short wait.
  func depths() async -> [Lane: BrokerDepth]? {
    wishes.continuation.yield()
    let deadline = ContinuousClock.now + .milliseconds(300)
    while ContinuousClock.now < deadline {
      let now = ContinuousClock.now
      let fresh = state.withLock { state -> [Lane: BrokerDepth]?? in
        guard let at = state.answeredAt, now - at < .seconds(10) else { return nil }
        return .some(state.depths)
      }
      if let fresh { return fresh }
      do { try await Task.sleep(for: .milliseconds(20)) } catch { return nil }
    }
    return nil
  }

  private func ask() async {
    var depths: [Lane: BrokerDepth]?
    do {
      depths = try await inspector.depths()
    } catch {
      logger.debug(
        "the broker's depths are not known",
        metadata: .fields([.error: String(describing: error)]))
    }
    let known = depths
    state.withLock { $0 = State(depths: known, answeredAt: .now) }
  }
}
