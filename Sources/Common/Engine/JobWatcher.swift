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
        group.addTask { await bindWhatIsWatched() }
        group.addTask { await look() }
        group.addTask { await dropUnusedBindings() }
      }
    }
    registry.end()
  }

  /// Watches a job until the watch is released.
  func watch(_ job: JobID, replyKey: [UInt8]? = nil) -> Watch {
    registry.watch(job, replyKey: replyKey)
  }

  /// Waits until a user's job is over, the time is up, the task is cancelled or the node stops.
  ///
  /// - Returns: The job as it is then; `nil` when the user has no such job.
  public func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws -> JobRecord? {
    guard let record = try await reader.job(job, of: user), !record.state.isFinal else {
      return try await reader.job(job, of: user)
    }
    let watch = watch(job)
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
      guard watch.take().hasNews else { continue }
      do {
        guard let record = try await reader.job(watch.job, of: user), !record.state.isFinal else {
          return
        }
      } catch {
        logger.debug(
          "a waiting look failed", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func listen() async {
    for await event in replies.events {
      switch event {
      case .connected:
        registry.unbindAll()
        await bind()
        registry.wakeAll()
      case .reply(let reply): registry.deliver(reply)
      case .disconnected: registry.unbindAll()
      }
    }
  }

  private func bindWhatIsWatched() async {
    for await _ in registry.bindRequests { await bind() }
  }

  private func bind() async {
    let keys = registry.unbound
    guard !keys.isEmpty else { return }
    do {
      try await replies.bind(keys)
      registry.bound(keys)
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
      } catch is CancellationError {
        return
      } catch {
        logger.debug("a look failed", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func dropUnusedBindings() async {
    while true {
      do { try await Task.sleep(for: .seconds(5)) } catch { return }
      let keys = registry.dropUnused(for: .seconds(30))
      guard !keys.isEmpty else { continue }
      do {
        try await replies.unbind(keys)
      } catch {
        // The queue went with its connection, and its bindings with it.
        logger.debug("no unbinding", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }
}
