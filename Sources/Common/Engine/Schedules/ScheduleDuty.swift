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
    dispatcher.dispatch(ready: fired.tickets, metrics)
    for job in fired.cancelled {
      families.note(try await stopper.stop(job, .cancelled, by: nil).plans)
    }
    return fired.count == 16
  }

  private struct Fired: Sendable {
    var tickets: [Ticket] = []
    var cancelled: [JobID] = []
    var count = 0
  }

  private func fire(in transaction: PostgresTransaction) async throws -> Fired {
    let rows = try await transaction.pipeline([ScheduleStatements.due, "SELECT now() AS now"])
    let due = try ScheduleStatements.read(rows[0])
    guard !due.isEmpty, let now = try rows[1].first?.decode("now", as: Date.self) else {
      return Fired()
    }
    var fired = Fired(count: due.count)
    var jobs: [NewJob] = []
    var statements: [SQL] = []
    for schedule in due {
      guard let at = schedule.nextAt else { continue }
      guard let plan = plan(schedule, due: at, now: now) else {
        statements.append(
          ScheduleStatements.advance(
            schedule.id, to: nil, last: at, job: nil, outcome: "unreadable", pauses: true))
        continue
      }
      var noted: [(tick: Date, job: JobID?, outcome: String)] = []
      for tick in plan.ticks {
        let job = tick.outcome == .fired ? try job(of: schedule) : nil
        if let job { jobs.append(job) }
        noted.append((tick.at, job?.id, tick.outcome.rawValue))
      }
      if plan.cancelsLast, let last = schedule.lastJob { fired.cancelled.append(last) }
      if !noted.isEmpty { statements.append(ScheduleStatements.note(noted, of: schedule.id)) }
      statements.append(
        ScheduleStatements.advance(
          schedule.id, to: plan.next, last: noted.last?.tick ?? schedule.lastAt ?? at,
          job: noted.last { $0.job != nil }?.job,
          outcome: noted.last?.outcome ?? schedule.lastOutcome, pauses: plan.pauses))
    }
    if !jobs.isEmpty {
      for row in try await transaction.query(AcceptStatements.accept(jobs)) {
        let id = JobID(try row.decode("id", as: UUID.self))
        let isReady = try row.decode("state", as: Int16.self) == StepState.ready.rawValue
        guard isReady, let job = jobs.first(where: { $0.id == id }) else { continue }
        fired.tickets.append(Ticket(job))
      }
    }
    try await transaction.commit(after: statements)
    return fired
  }

  private func plan(_ schedule: StoredSchedule, due: Date, now: Date) -> FirePlan? {
    do throws(CronError) {
      let cron = try CronExpression(schedule.request.cron, timeZone: schedule.request.timeZone)
      let target = schedule.request.job.target
      return FirePlan(
        schedule.request, cron: cron, due: due, last: schedule.lastAt, now: now,
        isBusy: schedule.isBusy,
        isAllowed: !schedule.isRevoked && schedule.owner.role.allows(target))
    } catch {
      // It was checked when it was stored; another build of Foundation may not know its zone.
      logger.error(
        "a schedule cannot be read",
        metadata: .fields([.error: error.message, .reason: schedule.request.cron]))
      return nil
    }
  }

  private func job(of schedule: StoredSchedule) throws -> NewJob {
    let input = try content.open(schedule.input, .scheduleInput, row: schedule.id.uuid)
    return try NewJob(
      ScheduledJob.request(schedule, input: input), by: schedule.owner, content: content)
  }
}

/// The jobs of schedules.
enum ScheduledJob {
  /// What a job of a schedule asks for: where it may not overlap, it is part of a session of its schedule.
  static func request(_ schedule: StoredSchedule, input: JSONValue) -> JobRequest {
    let template = schedule.request.job
    var options = template.options
    if schedule.request.overlap == .queue, options.session == nil {
      options.session = SessionName("schedule:\(schedule.id)")
    }
    return JobRequest(
      target: template.target, input: input, priority: template.priority, options: options)
  }
}
