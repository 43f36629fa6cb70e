import FoundationEssentials
public import Jobs
public import Observability
public import Postgres
import Security
public import Storage

/// Signals: what is told to a job, and the steps that wait for it.
///
/// A signal goes to the first step that waits for its name; one that comes before its step is kept.
/// Both sides act under the lock of the job's row.
public struct SignalKeeper: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent
  private let dispatcher: TicketDispatcher
  private let families: FamilyKeeper
  private let metrics: Metrics
  private let stopper: JobStopper

  /// The dispatcher sends the tickets of what goes on; `families` hears of jobs that end.
  public init(
    pool: PostgresPool, content: SealedContent, dispatcher: TicketDispatcher,
    families: FamilyKeeper, metrics: Metrics = Metrics()
  ) {
    self.pool = pool
    self.content = content
    self.dispatcher = dispatcher
    self.families = families
    self.metrics = metrics
    stopper = JobStopper(pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
  }

  /// What became of a signal.
  public enum Answer: Sendable, Hashable {
    /// A step had waited for it.
    case taken
    /// The next step that waits for it gets it.
    case kept
    /// The job is over, or shall be.
    case over(JobState)
    /// As many are kept as may be, and no step waits for this one.
    case tooMany
  }

  /// Tells a user's job something.
  ///
  /// - Parameter payload: What the waiting call returns.
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func send(
    _ name: SignalName, to job: JobID, payload: JSONValue, by principal: Principal
  ) async throws -> Answer? {
    let id = SignalID()
    let sealed = try content.seal(payload, .signal, row: id.uuid)
    let (answer, plans) = try await pool.transaction { transaction -> (Answer?, JobPlans?) in
      let rows = try await transaction.pipeline([
        FinishStatements.lock([job]), SignalStatements.room(for: name, in: job),
      ])
      var plans = try JobPlans(locked: rows[0])
      guard let locked = plans.all.first?.job, locked.user == principal.user else {
        return (nil, nil)
      }
      guard !locked.state.isFinal, !locked.isStopping else { return (.over(locked.state), nil) }
      let hasRoom = try rows[1].first?.decode("has_room", as: Bool.self) ?? true
      guard hasRoom else { return (.tooMany, nil) }
      _ = try await transaction.pipeline([
        SignalStatements.keep(id, name, of: job, content: sealed, by: principal)
      ])
      let taken = try await settle(job, &plans, in: transaction)
      return (taken.contains(id) ? .taken : .kept, plans)
    }
    if let plans { dispatch(plans) }
    return answer
  }

  /// What a user's job waits for.
  ///
  /// - Returns: `nil` when the user has no such job.
  /// - Throws: `PostgresError`.
  public func status(of job: JobID, user: UserID) async throws -> SignalStatus? {
    let rows = try await pool.pipeline(SignalStatements.status(of: job, user: user))
    guard !rows[0].isEmpty else { return nil }
    return SignalStatus(
      waits: try rows[1].compactMap { row in
        guard let signal = SignalName(try row.decode("name", as: String.self)) else { return nil }
        return SignalStatus.Wait(
          step: StepID(try row.decode("step_id", as: UUID.self)), signal: signal,
          until: try row.decode("expires_at", as: Date.self))
      },
      kept: try rows[2].compactMap { row in
        guard let signal = SignalName(try row.decode("name", as: String.self)) else { return nil }
        return SignalStatus.Kept(signal: signal, sentAt: try row.decode("sent_at", as: Date.self))
      })
  }

  /// Gives a job's steps the signals that came, and ends their waiting where the time is up.
  func settle(_ job: JobID) async throws {
    let plans = try await pool.transaction { transaction in
      let rows = try await transaction.pipeline([FinishStatements.lock([job])])[0]
      var plans = try JobPlans(locked: rows)
      _ = try await settle(job, &plans, in: transaction)
      return plans
    }
    dispatch(plans)
    let isLate = try await pool.query(SignalStatements.expired(of: job)).contains {
      try $0.decode("starts_job", as: Bool.self)
    }
    guard isLate else { return }
    let stopped = try await stopper.stop(
      job, .signalTimeout, by: nil, if: SignalStatements.expired(of: job))
    families.note(stopped.plans)
  }

  private func dispatch(_ plans: JobPlans) {
    metrics.ended(plans)
    dispatcher.dispatch(plans)
    families.note(plans)
  }

  /// - Returns: The signals that steps have taken.
  private func settle(
    _ job: JobID, _ plans: inout JobPlans, in transaction: PostgresTransaction
  ) async throws -> Set<SignalID> {
    let rows = try await transaction.pipeline([
      SignalStatements.matches(of: job), SignalStatements.expired(of: job),
    ])
    let matches = try rows[0].map { try SignalMatch($0, content: content) }
    let matched = Set(matches.map(\.step))
    let late = try rows[1].map(LateWait.init).filter { !matched.contains($0.step) && !$0.startsJob }
    let ends =
      matches.filter { !$0.startsJob }.map { ($0.step, StepOutcome.finished($0.payload)) }
      + late.map { ($0.step, StepOutcome.failed($0.failure)) }
    let outcomes = Dictionary(ends) { first, _ in first }
    let written = try await transaction.pipeline([
      SignalStatements.close(try ends.map(closed)),
      SignalStatements.forget(matches.map(\.signal)),
    ])
    for row in written[0] {
      var step = try ClosedStep(row, target: .skill(SignalWait.skillName))
      // A signal that does not come is an answer, not something to be done again.
      step.onFailure = .continue
      guard let outcome = outcomes[step.id] else { continue }
      plans.apply(step, of: job, outcome: outcome)
    }
    try await PlanWriter(content: content).commit(
      &plans, in: transaction, starting: matches.filter(\.startsJob).map(\.step))
    return Set(matches.map(\.signal))
  }

  private func closed(
    _ step: StepID, _ outcome: StepOutcome
  ) throws -> (step: StepID, output: Sealed?, error: Sealed?) {
    switch outcome {
    case .failed(let failure):
      (step, nil, try content.seal(failure.json, .stepError, row: step.uuid))
    case .finished(let value):
      (step, try content.seal(value, .stepOutput, row: step.uuid), nil)
    default: (step, nil, nil)
    }
  }
}

/// A signal, and the step that takes it.
private struct SignalMatch {
  let step: StepID
  let signal: SignalID
  let startsJob: Bool
  let payload: JSONValue

  init(_ row: Row, content: SealedContent) throws {
    step = StepID(try row.decode("step_id", as: UUID.self))
    let id = try row.decode("signal_id", as: UUID.self)
    signal = SignalID(id)
    startsJob = try row.decode("starts_job", as: Bool.self)
    payload = try content.open(try row.decode("content", as: [UInt8].self), .signal, row: id)
  }
}

/// A step whose signal did not come.
private struct LateWait {
  let step: StepID
  let startsJob: Bool
  let failure: StepFailure

  init(_ row: Row) throws {
    step = StepID(try row.decode("step_id", as: UUID.self))
    startsJob = try row.decode("starts_job", as: Bool.self)
    let name = try row.decode("name", as: String.self)
    failure = StepFailure(
      .expired, code: "signal_timeout", message: "The signal '\(name)' did not come in time.")
  }
}

/// Ends what waits for signals where the signal, or the time, has come meanwhile: signals that came
/// before their step, and what dying processes have left.
struct SignalDuty: Duty {
  let name = "signals"
  let makesReady = true
  let interval = Duration.milliseconds(500)
  let pool: PostgresPool
  let signals: SignalKeeper

  func run() async throws -> Bool {
    let jobs = try await pool.query(SignalStatements.due)
      .map { JobID(try $0.decode("job_id", as: UUID.self)) }
    try await jobs.forEachAlone { try await signals.settle($0) }
    return jobs.count >= 256
  }
}
