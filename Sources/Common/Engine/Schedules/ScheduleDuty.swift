import FoundationEssentials
import JobQueue
import Jobs
import Logging
import Observability
import Postgres
import Storage

/// Makes the jobs of schedules whose ticks have come. Any number of nodes may do so at once: a
/// schedule's row is locked by one of them, and a tick is noted once.
struct ScheduleDuty: Duty {
  let name = "schedules"
  let makesReady = true
  let interval = Duration.milliseconds(500)
  let pool: PostgresPool
  let content: SealedContent
  let dispatcher: TicketDispatcher
  let stopper: JobStopper
  let families: FamilyKeeper
  let metrics: Metrics
  let logger: Logger

  func run() async throws -> Bool {
    let fired = try await pool.transaction { transaction in try await fire(in: transaction) }
    try stopper.tell(fired.stopped, hasStopped: !fired.stopped.all.isEmpty)
    dispatcher.dispatch(ready: fired.tickets, metrics)
    families.note(fired.stopped)
    metrics.decided(fired.outcomes)
    return fired.count == 16
  }

  private struct Fired: Sendable {
    var tickets: [Ticket] = []
    /// The jobs before that were cancelled.
    var stopped: JobPlans
    var count = 0
    /// What became of each tick.
    var outcomes: [TickOutcome] = []
  }

  /// What becomes of the ticks of some schedules.
  private struct Decisions: Sendable {
    var jobs: [NewJob] = []
    var cancelled: [JobID] = []
    var statements: [SQL] = []
    var outcomes: [TickOutcome] = []

    mutating func note(
      _ ticks: [(tick: Date, job: JobID?, outcome: TickOutcome)], of schedule: ScheduleID
    ) {
      guard !ticks.isEmpty else { return }
      statements.append(TickStatements.note(ticks, of: schedule))
      outcomes += ticks.map(\.outcome)
    }
  }

  private func fire(in transaction: PostgresTransaction) async throws -> Fired {
    let rows = try await transaction.pipeline([ScheduleStatements.due, "SELECT now() AS now"])
    let due = try ScheduleStatements.read(rows[0])
    var fired = Fired(stopped: try JobPlans(locked: []), count: due.count)
    guard !due.isEmpty, let now = try rows[1].first?.decode("now", as: Date.self) else {
      return fired
    }
    var decisions = Decisions()
    for schedule in due { try decide(schedule, now: now, into: &decisions) }
    fired.outcomes = decisions.outcomes
    // With the tick or not at all: nobody would do it later. Before the new jobs are stored, as
    // whoever ends a job locks it before its session.
    fired.stopped = try await stopper.mark(decisions.cancelled, .cancelled, in: transaction)
    // The new jobs may join other sessions than the old ones leave at the end.
    if !decisions.cancelled.isEmpty {
      _ = try await transaction.query(
        SessionStatements.lock(of: decisions.cancelled, joinedBy: decisions.jobs))
    }
    fired.tickets = try await store(decisions.jobs, in: transaction)
    try await stopper.writer.commit(
      &fired.stopped, in: transaction, beside: decisions.statements)
    return fired
  }

  private func decide(
    _ schedule: StoredSchedule, now: Date, into decisions: inout Decisions
  ) throws {
    guard let at = schedule.nextAt else { return }
    guard let plan = plan(schedule, due: at, now: now),
      let input = input(of: schedule, for: plan)
    else {
      return stop(schedule, at: at, .unreadable, into: &decisions)
    }
    var noted: [(tick: Date, job: JobID?, outcome: TickOutcome)] = []
    for tick in plan.ticks {
      var made: JobID?
      if tick.outcome == .fired {
        let job = try NewJob(
          ScheduledJob.request(schedule, input: input), by: schedule.owner, content: content)
        decisions.jobs.append(job)
        made = job.id
      }
      noted.append((tick.at, made, tick.outcome))
    }
    if plan.cancelsLast, let last = schedule.lastJob { decisions.cancelled.append(last) }
    decisions.note(noted, of: schedule.id)
    decisions.statements.append(
      ScheduleStatements.advance(
        schedule.id, to: plan.next, last: noted.last?.tick ?? schedule.lastAt ?? at,
        job: noted.last { $0.job != nil }?.job,
        outcome: noted.last?.outcome ?? schedule.lastOutcome,
        pauseReason: plan.pauses ? .notAllowed : nil))
  }

  private func stop(
    _ schedule: StoredSchedule, at tick: Date, _ reason: TickOutcome,
    into decisions: inout Decisions
  ) {
    // After a clock was set back, it was noted before.
    if schedule.lastAt.map({ $0 < tick }) ?? true {
      decisions.note([(tick, nil, reason)], of: schedule.id)
    }
    decisions.statements.append(
      ScheduleStatements.advance(
        schedule.id, to: nil, last: max(tick, schedule.lastAt ?? tick), job: nil, outcome: reason,
        pauseReason: reason))
  }

  /// - Returns: The tickets of those that are ready.
  private func store(
    _ jobs: [NewJob], in transaction: PostgresTransaction
  ) async throws -> [Ticket] {
    guard !jobs.isEmpty else { return [] }
    return try await transaction.query(AcceptStatements.accept(jobs)).compactMap { row in
      let id = JobID(try row.decode("id", as: UUID.self))
      guard try row.decode("state", as: Int16.self) == StepState.ready.rawValue else { return nil }
      return jobs.first { $0.id == id }.map { Ticket($0) }
    }
  }

  private func plan(_ schedule: StoredSchedule, due: Date, now: Date) -> FirePlan? {
    do throws(CronError) {
      let cron = try CronExpression(schedule.request.cron, timeZone: schedule.request.timeZone)
      let (job, role) = (schedule.request.job, schedule.owner.role)
      return FirePlan(
        schedule.request, cron: cron, due: due, last: schedule.lastAt, now: now,
        isBusy: schedule.isBusy, queued: schedule.queued,
        isAllowed: !schedule.isRevoked && role.allows(job.target)
          && job.priority >= role.maximumPriority)
    } catch {
      // It was checked when it was stored; another build of Foundation may not know its zone.
      logger.error(
        "a schedule cannot be read; it is paused",
        metadata: .fields([
          .schedule: schedule.id, .error: error.message, .reason: schedule.request.cron,
        ]))
      return nil
    }
  }

  /// What its jobs get; `nil` when they need it and this process cannot read it, which must not
  /// keep the other schedules.
  private func input(of schedule: StoredSchedule, for plan: FirePlan) -> JSONValue? {
    guard plan.ticks.contains(where: { $0.outcome == .fired }) else { return .null }
    do {
      return try content.open(schedule.input, .scheduleInput, row: schedule.id.uuid)
    } catch {
      logger.error(
        "the input of a schedule cannot be read; it is paused",
        metadata: .fields([.schedule: schedule.id, .error: String(describing: error)]))
      return nil
    }
  }
}
