import FoundationEssentials
import JobQueue
public import Jobs
public import Logging
import Observability
public import Storage

/// What happens to jobs, as their owners follow it: history first, then live.
public struct JobFeed: Sendable {
  let events: EventReader
  private let jobs: JobReader
  private let content: SealedContent
  private let watcher: JobWatcher
  private let logger: Logger

  /// Opens nothing; `watcher` must run for the streams to move.
  public init(
    events: EventReader, jobs: JobReader, content: SealedContent, watcher: JobWatcher,
    logger: Logger
  ) {
    self.events = events
    self.jobs = jobs
    self.content = content
    self.watcher = watcher
    self.logger = logger
  }

  /// An opened history.
  public enum Opening: Sendable {
    /// The job is over, and the reader has its last event.
    case exhausted
    /// Batches in order, up to the event that ends the job. An empty batch comes when nothing
    /// has happened for 15 s. It fails when the database does not answer or the node stops.
    case open(AsyncThrowingStream<[JobEvent], any Error>)
  }

  /// Opens a user's job after an event.
  ///
  /// - Parameters:
  ///   - token: What the reader has shown; once it is revoked, the stream fails.
  ///   - sequence: The last event that the reader has; 0 for none.
  /// - Returns: `nil` when the user has no such job.
  public func open(
    _ job: JobID, of user: UserID, token: TokenID? = nil, after sequence: Int64
  ) async throws -> Opening? {
    // First the watch: what happens while the history is read must not be missed.
    let watch = watcher.watch(job, token: token)
    guard let opening = try await events.open(job, of: user, after: sequence) else { return nil }
    watcher.registry.learn(opening.replyKey, of: job)
    if opening.isFinal, sequence >= opening.lastSequence { return .exhausted }
    // A seq that the job never had: from a database that lost its end. From there on again.
    let start = min(max(sequence, 0), opening.lastSequence)
    let cursor = FeedCursor(
      job: job, user: user, watch: watch,
      merge: EventMerge(after: start, reached: opening.reached), page: opening.page,
      isFinal: opening.isFinal,
      events: events, jobs: jobs, content: content, logger: logger)
    return .open(AsyncThrowingStream { try await cursor.next() })
  }
}

/// Why a feed ended before its job.
public enum FeedError: Error, Sendable {
  /// The node stops; any other one goes on with it.
  case stopping
  /// The reader's token or user was revoked.
  case revoked
}

/// One reader's place in a job's history.
private actor FeedCursor {
  private let job: JobID
  private let user: UserID
  private let watch: Watch
  private var merge: EventMerge
  /// Read already, with the opening.
  private var page: [JobEvent]?
  /// Whether the job was over when the page was read.
  private let isFinal: Bool
  private var isOver = false
  private let events: EventReader
  private let jobs: JobReader
  private let content: SealedContent
  private let logger: Logger

  init(
    job: JobID, user: UserID, watch: Watch, merge: EventMerge, page: [JobEvent], isFinal: Bool,
    events: EventReader, jobs: JobReader, content: SealedContent, logger: Logger
  ) {
    self.page = page
    self.isFinal = isFinal
    self.job = job
    self.user = user
    self.watch = watch
    self.merge = merge
    self.events = events
    self.jobs = jobs
    self.content = content
    self.logger = logger
  }

  /// The next batch; `nil` after the event that ends the job.
  func next() async throws -> [JobEvent]? {
    guard !isOver else { return nil }
    if let page {
      self.page = nil
      let batch =
        page.isEmpty && isFinal ? try await look(forEnd: true) : try await merged(page)
      if !batch.isEmpty { return batch }
    }
    let deadline = ContinuousClock.now + .seconds(15)
    while try await ring(until: deadline) {
      let batch = try await taken()
      if !batch.isEmpty { return batch }
      if isOver { return nil }
    }
    return []
  }

  private func taken() async throws -> [JobEvent] {
    let news = watch.take()
    var batch = news.texts.compactMap(live)
    guard news.isAny else { return batch }
    do {
      batch += try await look(forEnd: news.isFinal)
    } catch {
      // The reader comes again, and so must the news.
      watch.wake()
      throw error
    }
    return batch
  }

  /// Waits for news; `false` when the time is up.
  private func ring(until deadline: ContinuousClock.Instant) async throws -> Bool {
    switch await watch.bell.wait(until: deadline) {
    case .rung: return true
    case .ended: throw watch.isRevoked ? FeedError.revoked : .stopping
    case .cancelled: throw CancellationError()
    case nil:
      try Task.checkCancellation()
      return false
    }
  }

  private func live(_ text: Reply.Text) -> JobEvent? {
    do {
      let bytes = try content.openText(
        text.sealed, .replyText,
        row: SealedContent.row(of: text.step, run: text.run, offset: text.offset))
      return merge.live(bytes, step: text.step, run: text.run, offset: text.offset).map {
        JobEvent(job: job, sequence: nil, type: .delta, at: Date(), content: .delta($0))
      }
    } catch {
      logger.debug("a piece of text does not open", metadata: .fields([.job: job]))
      return nil
    }
  }

  private func look(forEnd expectsEnd: Bool) async throws -> [JobEvent] {
    guard expectsEnd else {
      return try await merged(try await events.events(of: job, after: merge.lastSequence))
    }
    let (page, record) = try await events.eventsAndJob(
      job, of: user, after: merge.lastSequence)
    guard page.isEmpty else { return try await merged(page, record) }
    if let record { return record.state.isFinal ? try await end(record) : [] }
    // Retention has taken the job since the stream was opened.
    isOver = true
    return []
  }

  /// What is left of a job that is over and whose last events were taken away: its end.
  private func end(_ record: JobRecord) async throws -> [JobEvent] {
    // Once more, as the job may have ended after the page was read and before it was.
    let page = try await events.events(of: job, after: merge.lastSequence)
    guard page.isEmpty else { return try await merged(page, record) }
    isOver = true
    return [
      JobEvent(
        job: job, sequence: record.lastSequence, type: record.state.finalEvent,
        at: record.finishedAt ?? record.createdAt, content: .ended(record))
    ]
  }

  /// - Parameter record: The job as it is, if it was read after the page.
  private func merged(
    _ page: [JobEvent], _ record: JobRecord? = nil
  ) async throws -> [JobEvent] {
    if Self.mayBeCut(page) { watch.wake() }
    var batch: [JobEvent] = []
    for event in page {
      guard let event = merge.stored(event) else { continue }
      batch.append(event.type.isFinal ? try await ended(event, record) : event)
      isOver = isOver || event.type.isFinal
    }
    // Nobody rings any more for what was over when it was opened.
    if isFinal, !isOver { watch.wake(isFinal: true) }
    return batch
  }

  /// Whether more may follow at once: a page holds so many events, and so much text.
  private static func mayBeCut(_ page: [JobEvent]) -> Bool {
    let text = page.reduce(0) { sum, event in
      if case .delta(let delta) = event.content { sum + delta.length } else { sum }
    }
    return page.count == EventStatements.page
      || text + EventStatements.eventBytes > EventStatements.pageBytes
  }

  private func ended(_ event: JobEvent, _ record: JobRecord?) async throws -> JobEvent {
    var record = record
    if record?.state.isFinal != true { record = try await jobs.job(job, of: user) }
    guard let record else { return event }
    return JobEvent(
      job: job, sequence: event.sequence, type: event.type, at: event.at, content: .ended(record))
  }
}

extension EventType {
  /// Whether it ends its job.
  fileprivate var isFinal: Bool { [.succeeded, .failed, .cancelled, .expired].contains(self) }
}
