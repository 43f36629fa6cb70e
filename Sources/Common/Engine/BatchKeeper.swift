import FoundationEssentials
import JobQueue
public import Jobs
import Observability
import Postgres
import Security
import Storage

/// Batches: sets of jobs with an end of their own, which may make one more job.
public struct BatchKeeper: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let metrics: Metrics
  /// Batches in which jobs have ended.
  let ended = BatchInbox<BatchID>(limit: 64, capacity: 10_000)

  init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher, metrics: Metrics
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.metrics = metrics
  }

  /// Why a batch is not made.
  public enum Refusal: Error, Sendable, Hashable {
    /// The idempotency key stands for another request.
    case keyReused
  }

  /// Makes an open batch.
  ///
  /// - Parameter requestHash: What tells two requests with one idempotency key apart.
  /// - Returns: The batch, and whether an earlier request with the same key had made it.
  /// - Throws: ``Refusal``; `PostgresError`.
  public func create(
    _ request: BatchRequest, requestHash: [UInt8], by principal: Principal
  ) async throws -> (batch: BatchRecord, isReplay: Bool) {
    let id = BatchID()
    let input = try request.callback.map { try content.seal($0.input, .batchInput, row: id.uuid) }
    let made = try await pool.query(
      BatchStatements.create(id, request, hash: requestHash, input: input, by: principal))
    if !made.isEmpty, let batch = try await find(id, of: principal.user) { return (batch, false) }
    guard let key = request.idempotencyKey,
      let row = try await pool.query(BatchStatements.find(key: key, of: principal.user)).first
    else { throw PostgresError(code: .decoding, message: "the batch is not there") }
    let stored = try StoredBatch(row)
    guard stored.requestHash == requestHash else { throw Refusal.keyReused }
    return (try opened(stored), true)
  }

  /// A user's batch; `nil` when there is none such.
  ///
  /// - Throws: `PostgresError`.
  public func find(_ id: BatchID, of user: UserID) async throws -> BatchRecord? {
    try await pool.query(BatchStatements.find(id, of: user)).first
      .map { try opened(try StoredBatch($0)) }
  }

  /// A user's batches, the newest first, without the inputs of their callbacks.
  ///
  /// - Parameter before: Only older ones.
  /// - Throws: `PostgresError`.
  public func list(
    of user: UserID, before: BatchID?, limit: Int
  ) async throws -> [BatchRecord] {
    try await pool.query(BatchStatements.list(of: user, before: before, limit: limit))
      .map { try StoredBatch($0).record }
  }

  /// Lets no job come any more; harmless for one that takes none.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func close(_ id: BatchID, by principal: Principal) async throws -> BatchRecord? {
    let changed = try await pool.query(
      BatchStatements.close(id, cancels: false, by: principal))
    if !changed.isEmpty { try await settle(id) }
    return try await find(id, of: principal.user)
  }

  /// Closes a batch and cancels its jobs, in the background; harmless for one that has ended.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func cancel(_ id: BatchID, by principal: Principal) async throws -> BatchRecord? {
    let changed = try await pool.query(BatchStatements.close(id, cancels: true, by: principal))
    if !changed.isEmpty { try await settle(id) }
    return try await find(id, of: principal.user)
  }

  /// Hears in which batches jobs have ended.
  func note(_ batches: Set<BatchID>) {
    // One that does not fit is found by the duty.
    for batch in batches { _ = ended.put(batch) }
  }

  /// Counts what has ended of some batches, also of those that follow one for which it fails.
  ///
  /// - Throws: The first failure.
  func settle(_ batches: Set<BatchID>) async throws {
    try await batches.forEachAlone { try await settle($0) }
  }

  /// Counts what has ended of a batch, and ends it with the last of its jobs.
  func settle(_ id: BatchID) async throws {
    var settlement = try await settle(id, input: nil)
    if case .wants(let sealed) = settlement {
      // It may be long, and nobody shall wait for the batch's row meanwhile.
      let input = try content.open(sealed, .batchInput, row: id.uuid)
      settlement = try await settle(id, input: input)
    }
    guard case .done(let ticket?) = settlement else { return }
    dispatcher.dispatch(ready: [ticket], metrics)
  }

  private enum Settlement: Sendable {
    /// All is counted; the ticket of the callback that was made.
    case done(Ticket?)
    /// The batch is complete, and its callback's input has to be opened first.
    case wants(sealed: [UInt8])
  }

  /// - Parameter input: The callback's; `nil` while nobody has opened it.
  private func settle(_ id: BatchID, input: JSONValue?) async throws -> Settlement {
    try await pool.transaction { transaction in
      guard let row = try await transaction.pipeline([BatchStatements.lock(id)])[0].first else {
        return .done(nil)
      }
      let counted = try await transaction.pipeline([BatchStatements.count(id)])[0]
      guard let batch = try counted.first.map(StoredBatch.init), batch.record.state == .closed,
        batch.record.counts.ended >= batch.record.counts.total
      else {
        try await transaction.commit(after: [])
        return .done(nil)
      }
      let outcome = outcome(of: batch, owner: try BatchStatements.owner(row))
      guard case .make(let wanted, let owner, let sealed) = outcome else {
        return .done(try await finish(batch, callback: nil, outcome.word, in: transaction))
      }
      guard let input else {
        try await transaction.commit(after: [])
        return .wants(sealed: sealed)
      }
      let job = try NewJob(
        JobRequest(
          target: wanted.target, input: input.filled(in: batch.record.counts, of: id),
          priority: wanted.priority), by: owner, content: content)
      return .done(try await finish(batch, callback: job, outcome.word, in: transaction))
    }
  }

  private func finish(
    _ batch: StoredBatch, callback job: NewJob?, _ outcome: String?,
    in transaction: PostgresTransaction
  ) async throws -> Ticket? {
    if let job { _ = try await transaction.query(AcceptStatements.accept([job])) }
    try await transaction.commit(after: [
      BatchStatements.finish(batch.id, callback: job?.id, outcome: outcome),
      DeliveryStatements.make(batch.id),
    ])
    return job.map { Ticket($0) }
  }

  /// What becomes of the wish for a callback.
  private enum CallbackOutcome {
    case none, notWanted, notAllowed
    /// A job is made in the owner's name.
    case make(JobRequest, by: Principal, sealed: [UInt8])

    var word: String? {
      switch self {
      case .none: nil
      case .notWanted: "not_wanted"
      case .notAllowed: "not_allowed"
      case .make: "made"
      }
    }
  }

  private func outcome(
    of batch: StoredBatch, owner: (principal: Principal, isRevoked: Bool)
  ) -> CallbackOutcome {
    guard let wanted = batch.record.request.callback, let sealed = batch.callbackInput else {
      return .none
    }
    guard batch.record.counts.meets(batch.record.request.condition) else { return .notWanted }
    let role = owner.principal.role
    guard !owner.isRevoked, role.allows(wanted.target), wanted.priority >= role.maximumPriority
    else { return .notAllowed }
    return .make(wanted, by: owner.principal, sealed: sealed)
  }

  private func opened(_ batch: StoredBatch) throws -> BatchRecord {
    guard let callback = batch.record.request.callback, let sealed = batch.callbackInput else {
      return batch.record
    }
    let record = batch.record
    var request = record.request
    request.callback = JobRequest(
      target: callback.target,
      input: try content.open(sealed, .batchInput, row: batch.id.uuid),
      priority: callback.priority)
    return BatchRecord(
      id: record.id, request: request, state: record.state, counts: record.counts,
      isCancelled: record.isCancelled, callbackJob: record.callbackJob,
      callbackOutcome: record.callbackOutcome, createdAt: record.createdAt,
      closedAt: record.closedAt, finishedAt: record.finishedAt)
  }
}

/// Counts what processes that died have left uncounted, and cancels the jobs of cancelled batches.
struct BatchDuty: Duty {
  /// The most jobs that one round stops in a batch.
  static let stops = 64

  let name = "batches"
  let makesReady = true
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let batches: BatchKeeper
  let stopper: JobStopper
  let families: FamilyKeeper

  func run() async throws -> Bool {
    var hasMore = false
    let cancelled = try await pool.query(BatchStatements.cancelled).map { row in
      Errand.stop(
        BatchID(try row.decode("id", as: UUID.self)),
        after: try row.decode("stopped_to", as: UUID?.self).map(JobID.init))
    }
    let due = try await pool.query(BatchStatements.due)
      .map { Errand.settle(BatchID(try $0.decode("id", as: UUID.self))) }
    try await (cancelled + due).forEachAlone { errand in
      switch errand {
      case .stop(let batch, let place):
        if try await cancelSome(of: batch, after: place) { hasMore = true }
      case .settle(let batch): try await batches.settle(batch)
      }
    }
    return hasMore || cancelled.count >= 32 || due.count >= 256
  }

  private enum Errand {
    case stop(BatchID, after: JobID?)
    case settle(BatchID)
  }

  /// Where one job cannot be stopped, the next round begins with it again.
  ///
  /// - Returns: Whether the batch has more jobs that nobody has stopped.
  private func cancelSome(of batch: BatchID, after place: JobID?) async throws -> Bool {
    let statement = BatchStatements.live(in: batch, after: place, limit: Self.stops)
    let live = try await pool.query(statement).map { JobID(try $0.decode("id", as: UUID.self)) }
    try await live.forEachAlone { job in
      families.note(try await stopper.stop(job, .cancelled, by: nil).plans)
    }
    let hasMore = live.count == Self.stops
    _ = try await pool.execute(
      BatchStatements.stopped(batch, to: live.last ?? place, isAll: !hasMore))
    return hasMore
  }
}
