public import FoundationEssentials
import JobQueue
public import Jobs
public import Logging
public import Observability
public import Postgres
public import ServiceLifecycle
public import Storage

/// Why a job was not accepted.
public enum AcceptError: Error, Sendable, Hashable {
  /// The idempotency key stands for another request.
  case keyReused
  /// The batch takes no jobs any more.
  case batchNotOpen
  /// The request names a batch that the user does not have.
  case unknownBatch
  /// The request names a webhook that the user does not have.
  case unknownWebhook
  /// The broker is away and too many jobs wait for it already.
  case backlogFull
  /// The database is away or too slow.
  case unavailable
  /// The database lacks migrations.
  case outdatedSchema
  /// The job cannot be stored.
  case failed(String)
}

/// A job that is on disk.
public enum Acceptance: Sendable, Hashable {
  case stored(JobID, createdAt: Date)
  /// An earlier request with the same idempotency key had made this job.
  case replayed(JobID)
  /// This live job has the same unique key.
  case duplicate(JobID)
}

/// Makes jobs durable, many in one transaction, then rings their lanes.
public struct JobAcceptor: Service {
  private let content: SealedContent
  private let backlog: BacklogGauge
  private let batcher: Batcher<NewJob, Acceptance>
  private let metrics: Metrics
  private let settle: @Sendable ([NewJob]) async -> [Result<Acceptance, any Error>]

  /// Up to 64 jobs share a transaction, two of which may be under way; what is submitted waits for
  /// ``run()``. `backlog` is the gauge that the process's ``Duties`` update.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    backlog: BacklogGauge, metrics: Metrics = Metrics(), logger: Logger
  ) {
    self.content = content
    self.backlog = backlog
    self.metrics = metrics
    settle = { jobs in
      let answers = await Self.settle(jobs, pool: pool, dispatcher: dispatcher, metrics, logger)
      metrics.accepted(jobs, answers)
      return answers
    }
    batcher = Batcher(limit: 64, flushers: 2, flush: settle)
  }

  /// Runs the flushers.
  public func run() async throws { try await batcher.run() }

  /// Stores a valid request that its principal may make.
  ///
  /// - Parameter requestHash: What tells two requests with one idempotency key apart; empty
  ///   without a key.
  /// - Returns: Once the job is committed.
  ///
  /// - Parameter original: The job that this one does again, if any.
  public func accept(
    _ request: JobRequest, by principal: Principal, requestHash: [UInt8],
    retryOf original: JobID? = nil
  ) async throws(AcceptError) -> Acceptance {
    guard !backlog.isFull(for: request.lane) else {
      metrics.rejected(request)
      throw .backlogFull
    }
    do {
      return try await batcher.submit(newJob(request, principal, requestHash, original))
    } catch let error as AcceptError {
      throw error
    } catch is BatcherStopped {
      throw .unavailable
    } catch {
      throw .failed(String(describing: error))
    }
  }

  /// Stores many valid requests, up to 250 in a transaction; each stands for itself.
  ///
  /// - Returns: What became of each, in order, once all are settled.
  public func acceptAll(
    _ requests: [(request: JobRequest, hash: [UInt8])], by principal: Principal
  ) async -> [Result<Acceptance, AcceptError>] {
    var answers = [Result<Acceptance, AcceptError>](
      repeating: .failure(.backlogFull), count: requests.count)
    var open: [Int] = []
    for (place, asked) in requests.enumerated() {
      if backlog.isFull(for: asked.request.lane) {
        metrics.rejected(asked.request)
      } else {
        open.append(place)
      }
    }
    for start in stride(from: 0, to: open.count, by: 250) {
      let group = open[start..<min(start + 250, open.count)]
      let settled = await settleGroup(
        group.map { (requests[$0].request, requests[$0].hash) }, principal)
      for (place, answer) in zip(group, settled) { answers[place] = answer }
    }
    return answers
  }

  private func settleGroup(
    _ group: [(JobRequest, [UInt8])], _ principal: Principal
  ) async -> [Result<Acceptance, AcceptError>] {
    do {
      let jobs = try group.map { try newJob($0.0, principal, $0.1, nil) }
      return await settle(jobs).map { answer in
        answer.mapError { $0 as? AcceptError ?? .failed(String(describing: $0)) }
      }
    } catch {
      return group.map { _ in .failure(.failed(String(describing: error))) }
    }
  }

  private func newJob(
    _ request: JobRequest, _ principal: Principal, _ hash: [UInt8], _ original: JobID?
  ) throws -> NewJob {
    try NewJob(request, by: principal, requestHash: hash, retryOf: original, content: content)
  }

  /// Stores a group; a group that cannot be stored as a whole is tried one by one.
  private static func settle(
    _ jobs: [NewJob], pool: PostgresPool, dispatcher: TicketDispatcher, _ metrics: Metrics,
    _ logger: Logger
  ) async -> [Result<Acceptance, any Error>] {
    do {
      let stored = try await store(jobs, pool: pool)
      try Failpoint.acceptCommit.hit()
      let ready = jobs.filter { stored.ready.contains($0.id) }
      dispatcher.dispatch(ready: ready.map { Ticket($0) }, metrics)
      return stored.answers
    } catch is CancellationError {
      return jobs.map { _ in .failure(AcceptError.unavailable) }
    } catch let error as PostgresError where error.cause == .outdatedSchema {
      logger.error(
        "accepting waits for migrations", metadata: .fields([.error: error.description]))
      return jobs.map { _ in .failure(AcceptError.outdatedSchema) }
    } catch let error as PostgresError where !error.isPermanent {
      logger.warning(
        "accepting waits for the database", metadata: .fields([.error: error.description]))
      return jobs.map { _ in .failure(AcceptError.unavailable) }
    } catch {
      guard jobs.count > 1 else {
        logger.error("a job cannot be stored", metadata: .fields([.error: "\(error)"]))
        return [.failure(AcceptError.failed("the job cannot be stored"))]
      }
      var answers: [Result<Acceptance, any Error>] = []
      for job in jobs {
        answers += await settle([job], pool: pool, dispatcher: dispatcher, metrics, logger)
      }
      return answers
    }
  }

  /// What became of a group, in order, and which of its jobs have a ticket.
  private struct Stored {
    var answers: [Result<Acceptance, any Error>] = []
    var ready: Set<JobID> = []
  }

  /// Sends the group; after an unknown COMMIT the same group with the same ids again, and jobs whose
  /// key was taken by one that is not to be found once more by themselves.
  private static func store(_ jobs: [NewJob], pool: PostgresPool) async throws -> Stored {
    var stored = try await storeSettled(jobs, pool: pool)
    for attempt in 1...3 {
      let open = stored.answers.indices.filter { stored.answers[$0].isUnavailable }
      guard !open.isEmpty else { break }
      // Whoever had the key was over, or gone, when it was looked for.
      try await Task.sleep(for: .milliseconds(20 << attempt))
      let again = try await storeSettled(open.map { jobs[$0] }, pool: pool)
      for (index, answer) in zip(open, again.answers) { stored.answers[index] = answer }
      stored.ready.formUnion(again.ready)
    }
    return stored
  }

  /// Tries again only while that helps soon: a link that went silent has cost its whole time-out
  /// already, and whoever waits behind this group waits as long.
  private static func storeSettled(_ jobs: [NewJob], pool: PostgresPool) async throws -> Stored {
    let began = ContinuousClock.now
    var attempt = 1
    while true {
      do {
        return try await storeOnce(jobs, pool: pool)
      } catch let error as PostgresError
        where (error.outcomeIsUnknown || error.isRetryable) && attempt < 4
        && ContinuousClock.now - began < .seconds(2)
      {
        try await Task.sleep(for: .milliseconds(50 << attempt))
        attempt += 1
      }
    }
  }

  private static func storeOnce(_ jobs: [NewJob], pool: PostgresPool) async throws -> Stored {
    var created: [JobID: Date] = [:]
    var stored = Stored()
    // What names no webhook of the user's is not stored; an earlier job may still answer it.
    let storable = jobs.filter { !$0.options.lacksWebhook }
    for row in storable.isEmpty ? [] : try await insert(storable, pool: pool) {
      let id = JobID(try row.decode("id", as: UUID.self))
      created[id] = try row.decode("created_at", as: Date.self)
      if try row.decode("state", as: Int16.self) == StepState.ready.rawValue {
        stored.ready.insert(id)
      }
    }
    let others = jobs.filter { created[$0.id] == nil }
    let holders =
      others.isEmpty
      ? [] : try await pool.query(AcceptStatements.holders(of: others)).map(Holder.init)
    let refused = try await refused(among: others, pool: pool)
    stored.answers = jobs.map { job in
      if let date = created[job.id] { return .success(.stored(job.id, createdAt: date)) }
      return answer(for: job, among: holders, refused)
    }
    return stored
  }

  /// The rows of `AcceptStatements.accept(_:)`. What a job does again for its owner is off the
  /// workbench of dead steps with it, so that nobody does it once more.
  private static func insert(_ jobs: [NewJob], pool: PostgresPool) async throws -> [Row] {
    let retries = jobs.compactMap { job in job.retryOf.map { (new: job.id, old: $0) } }
    guard !retries.isEmpty else { return try await pool.query(AcceptStatements.accept(jobs)) }
    return try await pool.transaction { transaction in
      let rows = try await transaction.query(AcceptStatements.accept(jobs))
      _ = try await transaction.commit(after: [DeadStatements.settle(retriedBy: retries)])
      return rows
    }
  }

  /// Those jobs that name a batch which takes none, or is not their user's.
  private static func refused(
    among jobs: [NewJob], pool: PostgresPool
  ) async throws -> [JobID: AcceptError] {
    let asked = jobs.filter { $0.options.batch != nil }
    guard !asked.isEmpty else { return [:] }
    var refused = Dictionary(asked.map { ($0.id, AcceptError.unknownBatch) }) { first, _ in first }
    for row in try await pool.query(BatchStatements.named(by: asked)) {
      let isOpen = try row.decode("is_open", as: Bool.self)
      refused[JobID(try row.decode("id", as: UUID.self))] = isOpen ? nil : .batchNotOpen
    }
    return refused
  }

  private static func answer(
    for job: NewJob, among holders: [Holder], _ refused: [JobID: AcceptError]
  ) -> Result<Acceptance, any Error> {
    if let own = holders.first(where: { $0.id == job.id }) {
      // An earlier try of this group had committed after all; the relay sends its ticket.
      return .success(.stored(job.id, createdAt: own.createdAt))
    }
    let own = holders.filter { $0.user == job.user }
    if let key = job.idempotencyKey, let holder = own.first(where: { $0.key == key }) {
      return holder.hash == job.requestHash
        ? .success(.replayed(holder.id)) : .failure(AcceptError.keyReused)
    }
    guard !job.options.lacksWebhook else { return .failure(AcceptError.unknownWebhook) }
    if let key = job.uniqueKey, let holder = own.first(where: { $0.uniqueKey == key }) {
      return .success(.duplicate(holder.id))
    }
    if let error = refused[job.id] { return .failure(error) }
    return .failure(AcceptError.unavailable)
  }

  private struct Holder {
    let id: JobID
    let user: UserID
    let key: String?
    let uniqueKey: String?
    let hash: [UInt8]
    let createdAt: Date

    init(_ row: Row) throws(PostgresError) {
      id = JobID(try row.decode("id", as: UUID.self))
      user = UserID(try row.decode("user_id", as: UUID.self))
      key = try row.decode("idempotency_key", as: String?.self)
      uniqueKey = try row.decode("unique_key", as: String?.self)
      hash = try row.decode("request_hash", as: [UInt8].self)
      createdAt = try row.decode("created_at", as: Date.self)
    }
  }
}

extension JobRequest {
  /// Of the job's first step.
  var lane: Lane { Lane(pool: target.pool, priority: priority) }
}

extension Result<Acceptance, any Error> {
  fileprivate var isUnavailable: Bool {
    if case .failure(let error as AcceptError) = self { error == .unavailable } else { false }
  }
}
