import FoundationEssentials
import Jobs
import Logging
import Observability
import Postgres
import Storage

/// Takes steps back whose worker let the lease run out.
///
/// After a database outage it waits one whole lease, since no worker could renew meanwhile. All
/// gateways watch that together, so one that has just started need not wait.
///
/// A job's row that somebody has locked is not waited for. Steps that were aboard one worker are
/// judged together, so the worker's others wait with it, for half a minute at most.
struct ReapDuty: Duty {
  let name = "reap"
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let dispatcher: TicketDispatcher
  private let families: FamilyKeeper
  private let writer: PlanWriter
  private let content: SealedContent
  private let policy: RetryPolicy
  private let metrics: Metrics
  private let logger: Logger
  private let waitsAfterOutage: Bool
  /// What takes longer than this is an outage.
  private static let slow = Duration.seconds(2)

  /// - Parameter waitsAfterOutage: `false` only where a test has let the leases run out itself.
  init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    families: FamilyKeeper, policy: RetryPolicy, waitsAfterOutage: Bool = true, metrics: Metrics,
    logger: Logger
  ) {
    self.metrics = metrics
    self.waitsAfterOutage = waitsAfterOutage
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.families = families
    self.policy = policy
    self.logger = logger
    writer = PlanWriter(content: content)
  }

  func run() async throws -> Bool {
    let asked = ContinuousClock.now
    let rows = try await pool.pipeline([DutyStatements.watch, DutyStatements.lapsed])
    guard ContinuousClock.now - asked <= Self.slow else {
      // A database that froze and went on was away, too: nobody could renew.
      _ = try await pool.execute(DutyStatements.unsteady)
      return false
    }
    let seen = try rows[1].map(LapsedStep.init)
    let isSteady = try rows[0].first?.decode("is_steady", as: Bool.self) ?? false
    guard !seen.isEmpty, !waitsAfterOutage || isSteady else { return false }
    var taken = 0
    do {
      taken = try await takeBack(seen)
    } catch let error as PostgresError where error.code == .lockTimeout {
      // Somebody has locked a step. Those of other workers shall not wait for it.
      try await Dictionary(grouping: seen, by: \.worker).values.forEachAlone { aboard in
        taken += try await takeBack(aboard)
      }
    }
    return taken > 0 && seen.count == Int(DutyStatements.batch)
  }

  /// - Returns: How many steps are taken back.
  private func takeBack(_ seen: [LapsedStep]) async throws -> Int {
    let (plans, taken, dead) = try await pool.transaction { transaction in
      try await reap(seen, in: transaction)
    }
    if taken > 0 {
      logger.warning(
        "steps of vanished workers are taken back",
        metadata: .fields([.count: taken, .state: "\(dead) dead"]))
    }
    if plans.all.contains(where: \.isTouched) { try Failpoint.reap.hit() }
    if plans.all.contains(where: { !$0.deadLettered.isEmpty }) { try Failpoint.deadCommit.hit() }
    try plans.passPromotion()
    metrics.ended(plans)
    dispatcher.dispatch(plans)
    families.note(plans)
    return taken
  }

  /// - Returns: What follows, how many steps are taken back, and how many of these are dead.
  private func reap(
    _ seen: [LapsedStep], in transaction: PostgresTransaction
  ) async throws -> (plans: JobPlans, taken: Int, dead: Int) {
    let rows = try await transaction.pipeline([
      FinishStatements.impatient,
      FinishStatements.lock(Set(seen.map(\.job)), skipsLocked: true),
    ])[1]
    var plans = try JobPlans(locked: rows)
    let (free, left) = divide(seen, locked: Set(plans.all.map(\.job.id)))
    let (lapsed, doubtful) = try await lock(free, in: transaction)
    guard !lapsed.isEmpty else { return (plans, 0, 0) }
    let verdicts = judge(lapsed, beside: left)
    let dead = failures(verdicts, doubtful)
    let closed = try await transaction.pipeline([
      DutyStatements.mark(verdicts.map { ($0.step, $0.isSuspect, $0.crashes) }),
      FinishStatements.close(try lapsed.map { try close($0, failure: dead[$0.step]) }),
    ])
    let byStep = Dictionary(lapsed.map { ($0.step, $0) }) { _, last in last }
    for row in closed[1] {
      guard let lapsed = byStep[StepID(try row.decode("id", as: UUID.self))] else { continue }
      let step = try ClosedStep(row, target: lapsed.target)
      var outcome = StepOutcome.failed(dead[step.id] ?? Self.lost)
      if step.state == .cancelled {
        outcome = .cancelled(partial: try await text(of: step, lapsed.job, in: transaction))
      }
      plans.apply(step, of: lapsed.job, outcome: outcome, stored: .max)
    }
    try await writer.commit(
      &plans, in: transaction,
      beside: doubtful.isEmpty
        ? [] : [EffectStatements.settle(doubtful.map { ($0.step, .unknown) })])
    return (plans, lapsed.count, dead.count)
  }

  /// Locks steps whose jobs are locked.
  ///
  /// - Returns: Those that are lapsed still, and which of these had announced an effect.
  private func lock(
    _ steps: [LapsedStep], in transaction: PostgresTransaction
  ) async throws -> (lapsed: [LapsedStep], doubtful: [LapsedStep]) {
    guard !steps.isEmpty else { return ([], []) }
    let rows = try await transaction.pipeline([
      DutyStatements.lockLapsed(steps.map { ($0.step, $0.claim) }),
      // A statement of its own: it has to see what was announced while the rows were waited for.
      EffectStatements.begun(among: steps.map(\.step)),
    ])
    let lapsed = try rows[0].map(LapsedStep.init)
    let begun = Set(try rows[1].map { StepID(try $0.decode("step_id", as: UUID.self)) })
    return (lapsed, lapsed.filter { begun.contains($0.step) })
  }

  /// Which steps are taken back now, and which have to wait as somebody has the row of their job.
  private func divide(
    _ seen: [LapsedStep], locked jobs: Set<JobID>
  ) -> (free: [LapsedStep], left: [LapsedStep]) {
    let left = seen.filter { !jobs.contains($0.job) }
    let incomplete = Set(left.map(\.worker))
    let free = seen.filter {
      jobs.contains($0.job) && ($0.isOverdue || !incomplete.contains($0.worker))
    }
    return (free, left)
  }

  /// - Parameter left: Steps that were aboard as well, and have to wait.
  private func judge(
    _ lapsed: [LapsedStep], beside left: [LapsedStep]
  ) -> [CrashPlan.Verdict] {
    let taken = Set(lapsed.map(\.step))
    return Dictionary(grouping: lapsed + left, by: \.worker).values.flatMap { aboard in
      CrashPlan.judge(
        aboard.map {
          .init(
            step: $0.step, isSuspect: $0.isSuspect, crashes: $0.crashes,
            hasComeBack: $0.hasComeBack)
        },
        maximumCrashes: policy.maximumCrashes)
    }.filter { taken.contains($0.step) }
  }

  /// The steps that are not run again: those that crashed too often, and those whose unsafe skill
  /// was announced, whoever is to blame.
  private func failures(
    _ verdicts: [CrashPlan.Verdict], _ doubtful: [LapsedStep]
  ) -> [StepID: StepFailure] {
    let crashed = verdicts.filter(\.isDead).map { ($0.step, Self.crashed) }
    let unknown = doubtful.map { ($0.step, StepFailure.outcomeUnknown(of: $0.target)) }
    return Dictionary(crashed + unknown) { _, last in last }
  }

  /// What the vanished worker had stored of a turn's text, up to what this process cannot read: one
  /// bad row must not keep all others from being taken back.
  private func text(
    of step: ClosedStep, _ job: JobID, in transaction: PostgresTransaction
  ) async throws -> String {
    let rows = try await transaction.pipeline([
      EventStatements.text(of: step.id, job: job, run: step.run)
    ])[0]
    var bytes: [UInt8] = []
    for row in rows {
      let position = Int(try row.decode("position", as: Int32.self))
      guard position == bytes.count else { continue }
      let sealed = try row.decode("content", as: [UInt8].self)
      do {
        bytes += try content.openText(
          sealed, .eventText,
          row: SealedContent.row(of: step.id, run: step.run, offset: position))
      } catch {
        logger.error(
          "what a vanished worker had written cannot be read",
          metadata: .fields([.job: job, .step: step.id, .error: String(describing: error)]))
        break
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func close(_ step: LapsedStep, failure: StepFailure?) throws -> StepClose {
    StepClose(
      step: step.step, job: step.job, claim: step.claim, state: failure == nil ? .ready : .dead,
      error: try failure.map { try content.seal($0.json, .stepError, row: step.step.uuid) },
      failure: failure,
      // A crash is no attempt; a call that was begun is one.
      attemptChange: failure?.isUnknownOutcome == true ? 0 : -1)
  }

  /// Told of in the history; the step itself goes on as if nothing had been.
  private static let lost = StepFailure(
    .crashed, code: "worker_lost", message: "the worker vanished while it ran this step")

  private static let crashed = StepFailure(
    .crashed, code: "worker_crashed",
    message: "the worker process died each time it ran this step")
}

/// A step whose lease has run out.
private struct LapsedStep {
  let step: StepID
  let job: JobID
  let claim: ClaimID
  let worker: WorkerID
  let target: Target
  let isSuspect: Bool
  let crashes: Int
  /// Whether it ran before in a way that did not count as an attempt.
  let hasComeBack: Bool
  /// Whether it has been so for half a minute.
  let isOverdue: Bool

  init(_ row: Row) throws {
    step = StepID(try row.decode("id", as: UUID.self))
    job = JobID(try row.decode("job_id", as: UUID.self))
    claim = ClaimID(try row.decode("claim_id", as: UUID.self))
    worker = WorkerID(try row.decode("worker_id", as: UUID.self))
    target = Target(try row.decode("target", as: String.self)) ?? .agent("unknown")
    isSuspect = try row.decode("is_suspect", as: Bool.self)
    crashes = Int(try row.decode("crashes", as: Int16.self))
    hasComeBack = try row.decode("has_come_back", as: Bool.self)
    isOverdue = try row.decode("is_overdue", as: Bool.self)
  }
}
