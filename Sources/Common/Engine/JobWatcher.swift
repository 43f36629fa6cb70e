public import JobQueue
public import Jobs
public import Logging
import Observability
public import ServiceLifecycle
public import Storage

/// Wakes those who wait for a job: by replies as they come, and by a look into the database once
/// a second for what was lost on the way.
public actor JobWatcher: Service {
  private let reader: JobReader
  private let replies: ReplyReader
  private let logger: Logger
  private var watches: [JobID: Watch] = [:]
  private var bound: [String: Binding] = [:]
  private var nextWaiter = 0

  private struct Watch {
    var replyKey: [UInt8]?
    var waiters: [Int: AsyncStream<Void>.Continuation] = [:]
  }

  /// A shard's binding lingers, as binding costs the broker more than a few dropped replies.
  private struct Binding {
    var jobs: Set<JobID> = []
    var isConfirmed = false
    var unusedSince: ContinuousClock.Instant?
  }

  /// `replies` must be run by its owner and have no other reader; while it is away, waiters learn
  /// of a job's end within about a second.
  public init(reader: JobReader, replies: ReplyReader, logger: Logger) {
    self.reader = reader
    self.replies = replies
    self.logger = logger
  }

  /// Listens until shutdown.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await self.listen() }
        group.addTask { await self.look() }
        group.addTask { await self.dropUnusedBindings() }
      }
    }
    for watch in watches.values { watch.waiters.values.forEach { $0.finish() } }
  }

  /// Waits until a user's job is over, the time is up or the task is cancelled.
  ///
  /// - Returns: The job as it is then; `nil` when the user has no such job.
  public func waitForEnd(
    of job: JobID, user: UserID, timeout: Duration
  ) async throws -> JobRecord? {
    guard let record = try await reader.job(job, of: user), !record.state.isFinal else {
      return try await reader.job(job, of: user)
    }
    let (id, changes) = watch(job)
    await withTaskGroup(of: Void.self) { group in
      // A broker that does not answer must not make the wait longer.
      let isBound = bound[replies.routingKey(of: job)]?.isConfirmed == true
      if !isBound { group.addTask { await self.bindThenLook(job, until: timeout) } }
      group.addTask { await self.waitForEnd(of: job, user: user, changes: changes) }
      // The sleep fails only when the waiting is over.
      group.addTask { try? await Task.sleep(for: timeout) }
      await group.next()
      group.cancelAll()
    }
    unwatch(job, id)
    return try await reader.job(job, of: user)
  }

  private nonisolated func waitForEnd(
    of job: JobID, user: UserID, changes: AsyncStream<Void>
  ) async {
    for await _ in changes {
      do {
        guard let record = try await reader.job(job, of: user), !record.state.isFinal else {
          return
        }
      } catch {
        logger.debug(
          "a waiting look failed", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func watch(_ job: JobID) -> (Int, AsyncStream<Void>) {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    nextWaiter += 1
    let id = nextWaiter
    watches[job, default: Watch()].waiters[id] = continuation
    let key = replies.routingKey(of: job)
    bound[key, default: Binding()].jobs.insert(job)
    bound[key]?.unusedSince = nil
    // What happened before is found by this first look.
    continuation.yield()
    return (id, stream)
  }

  private func unwatch(_ job: JobID, _ id: Int) {
    watches[job]?.waiters[id]?.finish()
    watches[job]?.waiters[id] = nil
    guard watches[job]?.waiters.isEmpty == true else { return }
    watches[job] = nil
    let key = replies.routingKey(of: job)
    bound[key]?.jobs.remove(job)
    if bound[key]?.jobs.isEmpty == true { bound[key]?.unusedSince = .now }
  }

  private func bindThenLook(_ job: JobID, until timeout: Duration) async {
    let key = replies.routingKey(of: job)
    do {
      try await replies.bind([key])
      bound[key]?.isConfirmed = true
      // What happened before the binding was there.
      wake(job)
    } catch {
      // Bound again at the next connect; the look into the database serves until then.
      logger.debug("no binding yet", metadata: .fields([.error: String(describing: error)]))
    }
    try? await Task.sleep(for: timeout)  // only the job's end or the time's ends the wait
  }

  private func listen() async {
    for await event in replies.events {
      switch event {
      case .connected:
        do {
          let keys = Array(bound.keys)
          try await replies.bind(keys)
          for key in keys { bound[key]?.isConfirmed = true }
        } catch {
          logger.debug("no binding yet", metadata: .fields([.error: String(describing: error)]))
        }
        for job in watches.keys { wake(job) }
      case .reply(let reply):
        guard let watch = watches[reply.job] else { continue }
        if let key = watch.replyKey, key != reply.key { continue }
        wake(reply.job)
      case .disconnected:
        for key in bound.keys { bound[key]?.isConfirmed = false }
      }
    }
  }

  private func look() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(1))
        for progress in watches.isEmpty ? [] : try await reader.progress(of: Array(watches.keys)) {
          watches[progress.job]?.replyKey = progress.replyKey
          if progress.isFinal { wake(progress.job) }
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
      let now = ContinuousClock.now
      let unused = bound.filter { $0.value.unusedSince.map { now - $0 > .seconds(30) } ?? false }
      guard !unused.isEmpty else { continue }
      for key in unused.keys { bound[key] = nil }
      do {
        try await replies.unbind(Array(unused.keys))
      } catch {
        // The queue went with its connection, and its bindings with it.
        logger.debug("no unbinding", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func wake(_ job: JobID) {
    for waiter in watches[job]?.waiters.values.map(\.self) ?? [] { waiter.yield() }
  }
}
