import FoundationEssentials
public import Jobs
public import Logging
import Observability
public import Postgres
public import Storage

/// Claims steps for one worker. Use it from one task at a time.
public actor StepClaimer {
  /// How long a claim holds unless it is renewed.
  public static let lease = ClaimStatements.lease

  private let worker: WorkerID
  private let pool: PostgresPool
  private let content: SealedContent
  private let logger: Logger
  private var watermarks: [Lane: Watermark] = [:]
  private var unsettled: ClaimID?

  /// The smallest rank that the last claim in a lane saw, and when all ranks were last looked at.
  private struct Watermark {
    var rank = Int64.min
    var sweptAt = ContinuousClock.now
  }

  /// Claims in the name of `worker`; `content` must hold the keys that stored jobs are sealed with.
  public init(worker: WorkerID, pool: PostgresPool, content: SealedContent, logger: Logger) {
    self.worker = worker
    self.pool = pool
    self.content = content
    self.logger = logger
  }

  /// Claims up to `limit` of the lane's best steps; fewer or none when others were quicker.
  ///
  /// Once a second it looks at all ranks, else only at those from the last claim's smallest on.
  ///
  /// - Throws: `PostgresError`. The next call first settles a claim whose outcome is unknown.
  public func claim(_ lane: Lane, limit: Int) async throws -> [ClaimedStep] {
    var watermark = watermarks[lane] ?? Watermark()
    let now = ContinuousClock.now
    if now - watermark.sweptAt >= .seconds(1) {
      watermark.rank = .min
      watermark.sweptAt = now
    }
    let steps = try await settleThenRun { claim in
      ClaimStatements.claim(
        lane, claim: claim, worker: worker, watermark: watermark.rank, limit: limit)
    }
    if let smallest = steps.lazy.filter({ $0.lane == lane }).map(\.rank).min() {
      watermark.rank = smallest
    }
    watermarks[lane] = watermark
    return steps
  }

  /// Claims one step that was aboard when a process died, if there is one in the pools.
  ///
  /// - Throws: `PostgresError`, as ``claim(_:limit:)``.
  public func claimSuspect(of pools: [Pool]) async throws -> [ClaimedStep] {
    try await settleThenRun { claim in
      ClaimStatements.claimSuspect(of: pools, claim: claim, worker: worker)
    }
  }

  private func settleThenRun(_ statement: (ClaimID) -> SQL) async throws -> [ClaimedStep] {
    var rows: [Row] = []
    if let earlier = unsettled {
      rows = try await pool.query(ClaimStatements.claimed(by: earlier))
      unsettled = nil
      if !rows.isEmpty { return try await load(rows, claim: earlier) }
    }
    let claim = ClaimID()
    unsettled = claim
    do {
      rows = try await pool.query(statement(claim))
    } catch {
      if !error.outcomeIsUnknown { unsettled = nil }
      throw error
    }
    try Failpoint.claimCommit.hit()
    let steps = try await load(rows, claim: claim)
    unsettled = nil
    return steps
  }

  private func load(_ rows: [Row], claim: ClaimID) async throws -> [ClaimedStep] {
    let claimed = try rows.map(ClaimedRow.init)
    let turns = claimed.filter { $0.kind == .agentTurn && $0.index > 0 }.map(\.job)
    var histories: [JobID: [AgentTurn]] = [:]
    for job in Set(turns) {
      histories[job] = try History(
        rows: try await pool.query(ClaimStatements.history(of: job)), content: content
      ).turns
    }
    return try claimed.map { row in
      let input =
        try content.openIfPresent(row.input, .stepInput, row: row.id.uuid)
        ?? content.open(row.jobInput, .jobInput, row: row.job.uuid)
      return ClaimedStep(
        id: row.id, claim: claim, job: row.job, user: row.user, index: row.index,
        kind: row.kind, target: row.target,
        lane: Lane(pool: row.target.pool, priority: row.priority), rank: row.rank,
        attempt: row.attempt, isSuspect: row.isSuspect, input: input,
        history: histories[row.job] ?? [],
        rights: Rights(grants: row.grants, role: row.role, isRevoked: row.isRevoked),
        isCancelled: row.isCancelled)
    }
  }
}

extension PostgresError {
  /// Whether the statement may have taken effect although no answer came.
  var outcomeIsUnknown: Bool { code == .commitUnknown || code == .connectionLost }
}
