import Synchronization

/// What happened to a supervised service.
public enum SupervisionEvent: Sendable {
  /// It was started, for the first time or again, and is ready.
  case started(service: String)
  /// It ended by itself and will be started again after the wait.
  case ended(service: String, status: ProcessExit, restartIn: Duration)
  /// It could not be started; the next attempt comes after the wait.
  case startFailed(service: String, error: any Error, retryIn: Duration)
  /// It was stopped because `run` was cancelled. The last event.
  case stopped(service: String)
}

/// Keeps one service running until it is cancelled.
public final class SupervisedService: Sendable {
  /// What happens, in order; for one reader. Ends when `run` does.
  public let events: AsyncStream<SupervisionEvent>
  /// What is kept running.
  public let service: any LocalService

  private let continuation: AsyncStream<SupervisionEvent>.Continuation
  private let policy: RestartPolicy

  /// Prepares the supervision of a service, which may be running already.
  public init(_ service: any LocalService, policy: RestartPolicy = RestartPolicy()) {
    self.service = service
    self.policy = policy
    (events, continuation) = AsyncStream.makeStream()
  }

  /// Starts the service, starts it again whenever it has ended, and stops it when cancelled.
  public func run() async {
    var policy = policy
    while !Task.isCancelled {
      var ran = Duration.zero
      do {
        try await service.start()
        continuation.yield(.started(service: service.name))
        let start = ContinuousClock.now
        let status = await endOrCancellation()
        ran = ContinuousClock.now - start
        if Task.isCancelled { break }
        let delay = policy.delay(afterRunOf: ran)
        continuation.yield(.ended(service: service.name, status: status, restartIn: delay))
        try await Task.sleep(for: delay)
      } catch is CancellationError {
        break
      } catch {
        let delay = policy.delay(afterRunOf: ran)
        continuation.yield(.startFailed(service: service.name, error: error, retryIn: delay))
        // Cancelled: the loop's condition sees it.
        try? await Task.sleep(for: delay)
      }
    }
    await service.stop()
    continuation.yield(.stopped(service: service.name))
    continuation.finish()
  }

  /// Waits for the service's end; when cancelled, stops it first.
  private func endOrCancellation() async -> ProcessExit {
    let (cancelled, signal) = AsyncStream<Never>.makeStream()
    return await withTaskCancellationHandler {
      await withTaskGroup(of: ProcessExit?.self) { group in
        group.addTask { [service] in await service.waitUntilEnded() }
        group.addTask { [service] in
          for await _ in cancelled {}
          if Task.isCancelled { await service.stop() }
          return nil
        }
        var status: ProcessExit?
        while let next = await group.next() {
          guard let next else { continue }
          status = next
          signal.finish()
        }
        return status ?? ProcessExit(code: 0)
      }
    } onCancel: {
      signal.finish()
    }
  }
}
