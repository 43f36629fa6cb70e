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

  /// Counts what has ended of some batches.
  func settle(_ batches: Set<BatchID>) async throws {
    for batch in batches { try await settle(batch) }
  }

  /// Counts what has ended of a batch, and ends it with the last of its jobs.
  func settle(_ id: BatchID) async throws {
    let ticket = try await pool.transaction { transaction -> Ticket? in
      guard let row = try await transaction.pipeline([BatchStatements.lock(id)])[0].first else {
        return nil
      }
      let counted = try await transaction.pipeline([BatchStatements.count(id)])[0]
      guard let batch = try counted.first.map(StoredBatch.init), batch.record.state == .closed,
        batch.record.counts.ended >= batch.record.counts.total
      else {
        try await transaction.commit(after: [])
        return nil
      }
      return try await finish(batch, owner: try BatchStatements.owner(row), in: transaction)
    }
    guard let ticket else { return }
    dispatcher.dispatch(ready: [ticket], metrics)
  }

  private func finish(
    _ batch: StoredBatch, owner: (principal: Principal, isRevoked: Bool),
    in transaction: PostgresTransaction
  ) async throws -> Ticket? {
    let (job, outcome) = try callback(of: batch, owner: owner)
    if let job { _ = try await transaction.query(AcceptStatements.accept([job])) }
    try await transaction.commit(after: [
      BatchStatements.finish(batch.id, callback: job?.id, outcome: outcome),
      DeliveryStatements.make(batch.id),
    ])
    return job.map { Ticket($0) }
  }

  /// The job that a batch's end makes, and what became of the wish for one.
  private func callback(
    of batch: StoredBatch, owner: (principal: Principal, isRevoked: Bool)
  ) throws -> (job: NewJob?, outcome: String?) {
    guard let wanted = batch.record.request.callback, let sealed = batch.callbackInput else {
      return (nil, nil)
    }
    let counts = batch.record.counts
    guard counts.meets(batch.record.request.condition) else { return (nil, "not_wanted") }
    let role = owner.principal.role
    guard !owner.isRevoked, role.allows(wanted.target), wanted.priority >= role.maximumPriority
    else { return (nil, "not_allowed") }
    let input = try content.open(sealed, .batchInput, row: batch.id.uuid)
      .filled(in: counts, of: batch.id)
    let job = try NewJob(
      JobRequest(target: wanted.target, input: input, priority: wanted.priority),
      by: owner.principal, content: content)
    return (job, "made")
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

extension JSONValue {
  /// The value with the batch's figures in place of their names in its strings.
  func filled(in counts: BatchCounts, of batch: BatchID) -> JSONValue {
    let figures: [(name: String, value: String)] = [
      ("id", batch.description), ("total", "\(counts.total)"),
      ("succeeded", "\(counts.succeeded)"), ("failed", "\(counts.failed)"),
      ("cancelled", "\(counts.cancelled)"), ("expired", "\(counts.expired)"),
    ]
    return mapStrings { text in
      figures.reduce(text) { $0.replacing("${batch.\($1.name)}", with: $1.value) }
    }
  }

  private func mapStrings(_ change: (String) -> String) -> JSONValue {
    switch self {
    case .string(let text): .string(change(text))
    case .array(let elements): .array(elements.map { $0.mapStrings(change) })
    case .object(let members): .object(members.mapValues { $0.mapStrings(change) })
    case .null, .bool, .integer, .number: self
    }
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
    for batch in try await ids(BatchStatements.cancelled) {
      let live = try await pool.query(BatchStatements.live(in: batch, limit: Self.stops))
      for row in live {
        let job = JobID(try row.decode("id", as: UUID.self))
        families.note(try await stopper.stop(job, .cancelled, by: nil).plans)
      }
      hasMore = hasMore || live.count == Self.stops
    }
    let due = try await ids(BatchStatements.due)
    try await batches.settle(Set(due))
    return hasMore || due.count >= 256
  }

  private func ids(_ statement: SQL) async throws -> [BatchID] {
    try await pool.query(statement).map { BatchID(try $0.decode("id", as: UUID.self)) }
  }
}
