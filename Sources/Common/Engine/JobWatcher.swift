public import JobQueue
public import Jobs
public import Logging
import Observability
public import ServiceLifecycle
public import Storage

/// Wakes those who watch a job: by replies as they come, and by a look into the database once a
/// second for what was lost on the way.
public struct JobWatcher: Service {
  private let reader: JobReader
  private let replies: ReplyReader
  private let logger: Logger
  let registry: WatchRegistry

  /// `replies` must be run by its owner and have no other reader; while it is away, watchers learn
  /// of news within about a second.
  public init(reader: JobReader, replies: ReplyReader, logger: Logger) {
    self.reader = reader
    self.replies = replies
    self.logger = logger
    registry = WatchRegistry { replies.routingKey(of: $0) }
  }

  /// Listens until shutdown; then all watches end.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await listen() }
        group.addTask { await keepBindings() }
        group.addTask { await look() }
        group.addTask { await askForUnusedBindings() }
      }
    }
    registry.end()
  }

  /// Watches a job until the watch is released.
  ///
  /// - Parameter token: Revoked, it ends the watch within about a second.
  func watch(_ job: JobID, token: TokenID? = nil) -> Watch {
    registry.watch(job, token: token)
  }

  /// Waits until a user's job is over, the time is up, the task is cancelled or the node stops.
  ///
  /// - Returns: The job as it is then; `nil` when the user has no such job.
  public func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws -> JobRecord? {
    let record = try await reader.job(job, of: user)
    guard let record, !record.state.isFinal else { return record }
    let watch = watch(job)
    // What happened since the job was read.
    watch.wake()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await untilOver(watch, of: user) }
      // The sleep fails only when the waiting is over.
      group.addTask { try? await Task.sleep(for: timeout) }
      await group.next()
      group.cancelAll()
    }
    return try await reader.job(job, of: user)
  }

  private func untilOver(_ watch: Watch, of user: UserID) async {
    while await watch.bell.wait() == .rung {
      guard watch.take().isAny else { continue }
      do {
        guard let record = try await reader.job(watch.job, of: user), !record.state.isFinal else {
          return
        }
      } catch {
        logger.debug(
          "a waiting look failed", metadata: .fields([.error: String(describing: error)]))
        // It fails only when the waiting is over; else the look is taken again.
        try? await Task.sleep(for: .milliseconds(500))
        watch.wake()
      }
    }
  }

  private func listen() async {
    for await event in replies.events {
      switch event {
      case .connected:
        registry.unbindAll()
        registry.requestBindings()
        registry.wakeAll()
      case .reply(let reply): registry.deliver(reply)
      case .disconnected: registry.unbindAll()
      }
    }
  }

  /// Binds and unbinds, one after the other, so that what is bound is what the registry says.
  private func keepBindings() async {
    var unboundAt = ContinuousClock.now
    for await _ in registry.bindRequests {
      await bind()
      if ContinuousClock.now - unboundAt > .seconds(5) {
        unboundAt = .now
        await unbindUnused()
      }
    }
  }

  private func bind() async {
    let (keys, connection) = registry.unbound
    guard !keys.isEmpty else { return }
    do {
      try await replies.bind(keys)
      registry.bound(keys, on: connection)
    } catch {
      // Bound again at the next connect; the look into the database serves until then.
      logger.debug("no binding yet", metadata: .fields([.error: String(describing: error)]))
    }
  }

  private func look() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(1))
        let jobs = registry.jobs
        for progress in jobs.isEmpty ? [] : try await reader.progress(of: jobs) {
          registry.update(
            progress.job, lastSequence: progress.lastSequence, replyKey: progress.replyKey)
        }
        let tokens = registry.tokens
        if !tokens.isEmpty { registry.revoke(try await reader.revoked(among: tokens)) }
      } catch is CancellationError {
        return
      } catch {
        logger.debug("a look failed", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func askForUnusedBindings() async {
    while true {
      do { try await Task.sleep(for: .seconds(5)) } catch { return }
      registry.requestBindings()
    }
  }

  private func unbindUnused() async {
    let keys = registry.dropUnused(for: .seconds(300))
    guard !keys.isEmpty else { return }
    do {
      try await replies.unbind(keys)
    } catch {
      // The queue went with its connection, and its bindings with it.
      logger.debug("no unbinding", metadata: .fields([.error: String(describing: error)]))
    }
  }
}
