import FoundationEssentials
public import Jobs
public import Logging
public import Observability
public import Postgres
public import Storage

/// Claims steps for one worker. Use it from one task at a time.
public actor StepClaimer {
  /// How long a claim holds unless it is renewed.
  public static let lease = ClaimStatements.lease

  private let worker: WorkerID
  private let pool: PostgresPool
  private let content: SealedContent
  private let metrics: Metrics
  private let logger: Logger
  private let admission: StepAdmission
  private var watermarks: [Lane: Watermark] = [:]
  /// Claims of which it is not known what they got, or whose steps could not be taken up; the
  /// oldest first.
  private var unsettled: [ClaimID] = []

  /// The smallest rank that the last claim in a lane saw, and when all ranks were last looked at.
  private struct Watermark {
    var rank = Int64.min
    var sweptAt = ContinuousClock.now
  }

  /// Claims in the name of `worker`; `content` must hold the keys that stored jobs are sealed with.
  ///
  /// - Parameters:
  ///   - gates: What may not begin; the caller keeps it fresh.
  ///   - provider: Who answers the turns of an agent; `nil` where that is not known.
  public init(
    worker: WorkerID, pool: PostgresPool, content: SealedContent, gates: GateBoard,
    provider: @escaping @Sendable (Target) -> String? = { _ in nil },
    metrics: Metrics = Metrics(), logger: Logger
  ) {
    admission = StepAdmission(pool: pool, board: gates, provider: provider)
    self.metrics = metrics
    self.worker = worker
    self.pool = pool
    self.content = content
    self.logger = logger
  }

  /// Claims up to `limit` of the lane's best steps; fewer or none when others were quicker.
  ///
  /// It looks at ranks from the last claim's smallest on, which spares the walk over dead index
  /// entries; when that finds less than was asked for, and once a second, it looks at all.
  ///
  /// - Throws: `PostgresError`. Call ``settle()`` before the next claim.
  public func claim(_ lane: Lane, limit: Int) async throws -> [ClaimedStep] {
    var watermark = watermarks[lane] ?? Watermark()
    let now = ContinuousClock.now
    if now - watermark.sweptAt >= .seconds(1) {
      watermark.rank = .min
      watermark.sweptAt = now
    }
    defer { watermarks[lane] = watermark }
    var (found, steps) = try await claim(lane, limit: limit, from: watermark.rank)
    if found < limit, watermark.rank != .min {
      // A step may have become ready with a lower rank; its ticket must not go for nothing.
      watermark.rank = .min
      watermark.sweptAt = now
      do {
        steps += try await claim(lane, limit: limit - found, from: .min).admitted
      } catch {
        // The steps of the first look are ours; what the second got is settled later.
        if steps.isEmpty { throw error }
      }
    }
    if let smallest = steps.map(\.rank).min() { watermark.rank = smallest }
    return steps
  }

  /// Claims one step that was aboard when a process died, if there is one in the lanes.
  ///
  /// - Throws: `PostgresError`, as ``claim(_:limit:)``.
  public func claimSuspect(in lanes: [Lane]) async throws -> [ClaimedStep] {
    try await run { claim in
      ClaimStatements.claimSuspect(in: lanes, claim: claim, worker: worker)
    }.admitted
  }

  /// Whether it is known what all claims got. Until then ``settle()`` may bring more steps than are
  /// in hand, so that another claim could be too much.
  public var isSettled: Bool { unsettled.isEmpty }

  /// Finds out what claims got whose answers were lost; nothing in the usual case. Where it cannot
  /// for some of them, it answers the others, and ``isSettled`` stays false.
  ///
  /// - Throws: `PostgresError` where it has none to answer; call it again.
  public func settle() async throws -> [ClaimedStep] {
    var steps: [ClaimedStep] = []
    while let claim = unsettled.first {
      do {
        let rows = try await pool.query(ClaimStatements.claimed(by: claim))
        steps += try await takeUp(rows, claim: claim)
      } catch {
        if steps.isEmpty { throw error }
        break
      }
      forget(claim)
    }
    return steps
  }

  /// Which of the jobs shall be cancelled, or are over; asked while their steps run.
  ///
  /// - Throws: `PostgresError`.
  public nonisolated func cancelled(among jobs: Set<JobID>) async throws -> Set<JobID> {
    guard !jobs.isEmpty else { return [] }
    let rows = try await pool.query(ClaimStatements.cancelled(among: Array(jobs)))
    return Set(try rows.map { JobID(try $0.decode("id", as: UUID.self)) })
  }

  /// What a claim got, and which of it may begin.
  private typealias Claimed = (found: Int, admitted: [ClaimedStep])

  private func claim(_ lane: Lane, limit: Int, from rank: Int64) async throws -> Claimed {
    try await run { claim in
      ClaimStatements.claim(lane, claim: claim, worker: worker, watermark: rank, limit: limit)
    }
  }

  private func run(_ statement: (ClaimID) -> SQL) async throws -> Claimed {
    let claim = ClaimID()
    unsettled.append(claim)
    let rows: [Row]
    do {
      rows = try await pool.pipeline([ClaimStatements.relaxed, statement(claim)])[1]
    } catch {
      if !error.outcomeIsUnknown { forget(claim) }
      throw error
    }
    try Failpoint.claimCommit.hit()
    let steps = try await load(rows, claim: claim)
    forget(claim)
    return steps
  }

  private func forget(_ claim: ClaimID) { unsettled.removeAll { $0 == claim } }

  /// Takes up what a claim got, or puts it off if that can never succeed: renewing its leases again
  /// and again would keep it from all others.
  private func takeUp(_ rows: [Row], claim: ClaimID) async throws -> [ClaimedStep] {
    do {
      return try await load(rows, claim: claim).admitted
    } catch let error as PostgresError where error.isPermanent {
      logger.error(
        "claimed steps cannot be taken up and are put off",
        metadata: .fields([.count: rows.count, .error: error.description]))
      try await putOff(rows, claim: claim)
      return []
    }
  }

  private func putOff(_ rows: [Row], claim: ClaimID) async throws {
    let jobs = Set(try rows.map { JobID(try $0.decode("job_id", as: UUID.self)) })
    let steps = try rows.map { StepID(try $0.decode("id", as: UUID.self)) }
    try await pool.transaction { transaction in
      _ = try await transaction.pipeline([FinishStatements.lock(jobs)])
      _ = try await transaction.commit(after: [ClaimStatements.putOff(steps, of: claim)])
    }
  }

  /// Puts steps off that this build does not know how to read, such as those of a later one, and
  /// answers the others.
  private func readable(_ rows: [Row], claim: ClaimID) async throws -> [ClaimedRow] {
    var readable: [ClaimedRow] = []
    var others: [Row] = []
    for row in rows {
      do {
        readable.append(try ClaimedRow(row))
      } catch {
        let step = StepID(try row.decode("id", as: UUID.self))
        logger.error(
          "a claimed step cannot be read and is put off",
          metadata: .fields([.step: step, .error: error.description]))
        others.append(row)
      }
    }
    if !others.isEmpty { try await putOff(others, claim: claim) }
    return readable
  }

  private func load(_ rows: [Row], claim: ClaimID) async throws -> Claimed {
    var steps: [ClaimedStep] = []
    for row in try await readable(rows, claim: claim) {
      var history: [Row] = []
      if row.kind == .agentTurn, row.index > 0 {
        history = try await pool.query(ClaimStatements.history(of: row.job))
      }
      steps.append(ClaimedStep(row, claim: claim, content: open(row, history: history)))
    }
    let admitted = try await admission.admit(steps)
    admitted.forEach(metrics.claimed)
    return (rows.count, admitted)
  }

  /// What only this process's keys can read; one step that cannot be read must not stop others.
  private func open(
    _ row: ClaimedRow, history: [Row]
  ) -> Result<ClaimedStep.Content, StepFailure> {
    do {
      let input =
        try content.openIfPresent(row.input, .stepInput, row: row.id.uuid)
        ?? content.open(row.jobInput, .jobInput, row: row.job.uuid)
      let turns = try History(rows: history, content: content).turns
      return .success(ClaimedStep.Content(input: input, history: turns))
    } catch {
      logger.error(
        "a step's input cannot be read",
        metadata: .fields([.step: row.id, .job: row.job, .error: String(describing: error)]))
      return .failure(
        StepFailure(
          .internalError, code: "input_unreadable", message: "the stored input cannot be read"))
    }
  }
}

extension PostgresError {
  /// Whether the same statement can never succeed, so that trying again is no use.
  var isPermanent: Bool {
    let codes: [Code] = [
      .badArgument, .decoding, .checkViolation, .uniqueViolation, .notNullViolation,
      .foreignKeyViolation,
    ]
    return codes.contains(code)
      || ["22", "54"].contains { sqlState?.hasPrefix($0) == true }
  }

  /// Whether the statement may have taken effect although no answer came.
  var outcomeIsUnknown: Bool { code == .commitUnknown || code == .connectionLost }
}
