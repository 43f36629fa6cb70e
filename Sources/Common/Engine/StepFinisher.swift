import FoundationEssentials
public import Jobs
public import Logging
public import Observability
public import Postgres
import Security
public import ServiceLifecycle
public import Storage

/// Ends attempts: one fenced transaction for the finishes of a process that come together.
public struct StepFinisher: Service {
  private let batcher: Batcher<Submission, FinishAnswer>
  /// Ends one attempt in a transaction of its own, which waits for a lock for a second at most.
  private let finishAlone: @Sendable (Submission) async throws -> FinishAnswer

  private struct Submission: Sendable {
    let step: ClaimedStep
    let outcome: StepOutcome
    let close: StepClose
    /// How much of the turn's text is stored, in bytes.
    let stored: Int
    let effect: EffectEnd?

    var held: HeldStep { step.held }
  }

  private let content: SealedContent
  private let policy: RetryPolicy

  /// Up to 32 ends share a transaction, two of which may be under way; what is submitted waits for
  /// ``run()``. `policy` decides which failures are tried again, `families` hears of jobs that ended.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    families: FamilyKeeper, policy: RetryPolicy = RetryPolicy(), metrics: Metrics = Metrics(),
    logger: Logger
  ) {
    self.content = content
    self.policy = policy
    let writer = PlanWriter(content: content)
    let flush: Flush = { submissions, isImpatient in
      let (answers, plans) = try await Self.flush(
        submissions, isImpatient: isImpatient, pool: pool, writer: writer)
      metrics.ended(plans)
      dispatcher.dispatch(plans)
      families.note(plans)
      return answers
    }
    batcher = Batcher(limit: 32, flushers: 2) { submissions in
      await Self.settle(submissions, flush: flush, logger)
    }
    finishAlone = { submission in
      try await Self.settle([submission], isImpatient: true, flush: flush, logger)[0].get()
    }
  }

  private typealias Flush =
    @Sendable (_ submissions: [Submission], _ isImpatient: Bool) async throws -> [FinishAnswer]

  /// Runs the flushers.
  public func run() async throws { try await batcher.run() }

  /// Writes how an attempt ended. Tries again while the database is away: the fence makes that
  /// safe for any length of time.
  ///
  /// - Parameters:
  ///   - stored: How much of the turn's text is in events already, in bytes.
  ///   - effect: What became of an unsafe skill's effect; `nil` for all other steps. Once it was
  ///     called, a failure is final.
  ///   - attempts: How often the step's skill may be tried; `nil` for as often as the policy says.
  ///     The job's own number counts, too: the lower one of both.
  /// - Returns: Whether it counts, or the claim had been lost.
  /// - Throws: When the outcome cannot be stored at all, or the process stops.
  public func finish(
    _ step: ClaimedStep, _ outcome: StepOutcome, stored: Int = 0, effect: EffectEnd? = nil,
    attempts: Int? = nil
  ) async throws -> FinishAnswer {
    let submission = Submission(
      step: step, outcome: outcome, close: try close(step, outcome, effect, attempts),
      stored: stored,
      effect: effect)
    var backoff = Duration.milliseconds(100)
    var isAlone = false
    while true {
      do {
        return try await isAlone ? finishAlone(submission) : batcher.submit(submission)
      } catch let error as PostgresError where !error.isPermanent {
        // Those that would share its transaction shall not wait for a row that somebody has locked.
        isAlone = error.code == .lockTimeout
        try await Task.sleep(for: backoff)
        backoff = min(backoff * 2, .seconds(2))
      }
    }
  }

  private func close(
    _ step: ClaimedStep, _ outcome: StepOutcome, _ effect: EffectEnd?, _ attempts: Int?
  ) throws -> StepClose {
    func closed(
      _ state: StepState, output: JSONValue? = nil, error: StepFailure? = nil,
      delay: Duration = .zero, attemptChange: Int = 0
    ) throws -> StepClose {
      StepClose(
        step: step.id, job: step.job, claim: step.claim, state: state,
        output: try output.map { try content.seal($0, .stepOutput, row: step.id.uuid) },
        error: try error.map { try content.seal($0.json, .stepError, row: step.id.uuid) },
        failure: state == .dead ? error : nil, delay: delay, attemptChange: attemptChange)
    }
    switch outcome {
    case .finished(let value): return try closed(.done, output: value)
    case .asked(let request): return try closed(.done, output: TurnOutput.json(request))
    case .released: return try closed(.ready, attemptChange: -1)
    case .cancelled(let partial):
      let output: JSONValue? =
        partial.isEmpty ? nil : ["text": .string(partial), "partial": .bool(true)]
      return try closed(.cancelled, output: output)
    case .failed(let failure):
      let most = [attempts, step.maximumAttempts].compactMap { $0 }.min()
      let verdict = policy.verdict(
        after: failure, attempt: step.attempt, of: most, run: step.run,
        jitter: Double.random(in: -1...1))
      guard effect?.wasCalled != true, case .again(let delay, let countsAttempt) = verdict else {
        return try closed(.dead, error: failure)
      }
      return try closed(
        .pending, error: failure, delay: delay, attemptChange: countsAttempt ? 0 : -1)
    }
  }

  private static func settle(
    _ submissions: [Submission], isImpatient: Bool = false, flush: Flush, _ logger: Logger
  ) async -> [Result<FinishAnswer, any Error>] {
    do {
      return try await flush(submissions, isImpatient).map { .success($0) }
    } catch let error as PostgresError
      where !error.isPermanent && (error.code != .lockTimeout || submissions.count == 1)
    {
      logger.warning(
        "finishing waits for the database", metadata: .fields([.error: error.description]))
      return submissions.map { _ in .failure(error) }
    } catch {
      guard submissions.count > 1 else { return [.failure(error)] }
      // One of them cannot be stored, or somebody has locked its row: the others shall not suffer
      // from it.
      var answers: [Result<FinishAnswer, any Error>] = []
      for submission in submissions {
        answers += await settle([submission], isImpatient: true, flush: flush, logger)
      }
      return answers
    }
  }

  private static func flush(
    _ submissions: [Submission], isImpatient: Bool, pool: PostgresPool, writer: PlanWriter
  ) async throws -> ([FinishAnswer], JobPlans) {
    let byClaim = Dictionary(submissions.map { ($0.held, $0) }) { first, _ in first }
    let (closed, plans) = try await pool.transaction { transaction in
      if isImpatient { _ = try await transaction.pipeline([FinishStatements.impatient]) }
      let answers = try await transaction.pipeline([
        FinishStatements.lock(Set(submissions.map(\.step.job))),
        FinishStatements.close(submissions.map(\.close)),
      ])
      var plans = try JobPlans(locked: answers[0])
      var closed: Set<HeldStep> = []
      for row in answers[1] {
        let held = HeldStep(
          step: StepID(try row.decode("id", as: UUID.self)),
          claim: ClaimID(try row.decode("claim_id", as: UUID.self)))
        guard let submission = byClaim[held] else { continue }
        closed.insert(held)
        var step = try ClosedStep(row, target: submission.step.target)
        if step.state == .pending { step.delay = submission.close.delay }
        plans.apply(
          step, of: submission.step.job, outcome: submission.outcome, stored: submission.stored)
      }
      let ended = submissions.filter { closed.contains($0.held) }
      try await writer.commit(
        &plans, in: transaction, beside: effects(of: ended),
        freeing: ended.flatMap(\.step.limits))
      return (closed, plans)
    }
    try passFailpoints(plans, hasRelease: submissions.contains { $0.outcome == .released })
    return (submissions.map { closed.contains($0.held) ? .committed : .lost }, plans)
  }

  /// What became of the effects of closed steps; nothing unless one of them was unsafe.
  private static func effects(of ended: [Submission]) -> [SQL] {
    var statements: [SQL] = []
    let settled = ended.compactMap { submission -> (step: StepID, state: EffectState)? in
      switch submission.effect {
      case .done: (submission.step.id, .done)
      case .unknown: (submission.step.id, .unknown)
      case .withdrawn, nil: nil
      }
    }
    if !settled.isEmpty { statements.append(EffectStatements.settle(settled)) }
    let withdrawn = ended.filter { $0.effect == .withdrawn }.map(\.held)
    if !withdrawn.isEmpty {
      statements.append(EffectStatements.withdraw(withdrawn.map { ($0.step, $0.claim) }))
    }
    return statements
  }

  private static func passFailpoints(_ plans: JobPlans, hasRelease: Bool) throws {
    try Failpoint.finishCommit.hit()
    if plans.all.contains(where: { !$0.retried.isEmpty }) { try Failpoint.retryCommit.hit() }
    if plans.all.contains(where: { !$0.deadLettered.isEmpty }) { try Failpoint.deadCommit.hit() }
    if hasRelease, plans.all.contains(where: { !$0.rung.isEmpty }) { try Failpoint.release.hit() }
    try plans.passPromotion()
  }
}
