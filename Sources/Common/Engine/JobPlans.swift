import FoundationEssentials
import JobQueue
import Jobs
import Postgres
import Storage

/// The plans of the jobs that one transaction has locked.
struct JobPlans: Sendable {
  private var plans: [JobID: JobPlan] = [:]

  /// - Parameter rows: Of `FinishStatements.lock(_:)`.
  init(locked rows: [Row]) throws {
    for row in rows {
      let job = try LockedJob(row)
      plans[job.id] = JobPlan(job: job)
    }
  }

  /// In the order of their ids, so that two transactions write in the same order.
  var all: [JobPlan] { plans.values.sorted { $0.job.id < $1.job.id } }

  mutating func apply(
    _ step: ClosedStep, of job: JobID, outcome: StepOutcome, stored: Int = 0
  ) {
    plans[job]?.apply(step, outcome: outcome, stored: stored)
  }

  mutating func cancel(_ job: JobID, waiting: [ClosedStep]) { plans[job]?.cancel(waiting) }

  /// The tickets to send once the transaction has committed.
  var tickets: [Ticket] {
    all.flatMap { plan in
      plan.steps.filter { $0.state == .ready }
        .map { Ticket(step: $0.id, job: $0.job, lane: $0.lane) }
        + plan.rung.map { Ticket(step: $0.id, job: plan.job.id, lane: $0.lane) }
    }
  }

  /// The hints to send once the transaction has committed.
  var replies: [Reply] {
    all.filter { !$0.events.isEmpty }.map { plan in
      Reply(
        job: plan.job.id, key: plan.job.replyKey,
        content: .progress(
          sequence: plan.job.lastSequence, isFinal: plan.job.state.isFinal))
    }
  }
}

/// Turns plans into statements, sealing what users own.
struct PlanWriter: Sendable {
  let content: SealedContent

  /// What to send before COMMIT; empty lists are left out.
  func statements(for plans: JobPlans) throws -> [SQL] {
    let plans = plans.all.filter(\.isTouched)
    var statements: [SQL] = []
    if !plans.isEmpty { statements.append(FinishStatements.update(try plans.map(update))) }
    let steps = try plans.flatMap(\.steps).map(sealed)
    if !steps.isEmpty { statements.append(FinishStatements.insert(steps)) }
    let rung = plans.flatMap(\.rung).map(\.id)
    if !rung.isEmpty { statements.append(FinishStatements.ring(rung)) }
    let events = plans.flatMap(\.events)
    if !events.isEmpty { statements.append(FinishStatements.insert(events)) }
    let ended = plans.filter(\.endsJob)
    if !ended.isEmpty {
      let leaving = ended.filter(\.leavesSteps).map(\.job.id)
      if !leaving.isEmpty { statements.append(FinishStatements.cancelRemaining(of: leaving)) }
      statements.append(AuditStatements.ended(ended.map { ($0.job.id, $0.job.user, $0.job.state) }))
    }
    for plan in plans {
      for refusal in plan.refusals {
        statements.append(
          AuditStatements.refused(
            step: refusal.step, user: plan.job.user, action: refusal.target.description,
            code: refusal.code))
      }
    }
    return statements
  }

  private func update(_ plan: JobPlan) throws -> JobUpdate {
    let row = plan.job.id.uuid
    return JobUpdate(
      job: plan.job, startedAt: plan.startedAt,
      result: try plan.result.map { try content.seal($0, .jobResult, row: row) },
      error: try plan.error.map { try content.seal($0.json, .jobError, row: row) })
  }

  private func sealed(_ step: PlannedStep) throws -> NewStep {
    let row = step.id.uuid
    return NewStep(
      id: step.id, job: step.job, user: step.user, index: step.index, turn: step.turn,
      callID: step.callID, kind: step.kind, target: step.target, pool: step.lane.pool,
      priority: step.lane.priority, state: step.state,
      input: try step.input.map { try content.seal($0, .stepInput, row: row) },
      error: try step.error.map { try content.seal($0.json, .stepError, row: row) })
  }
}

extension ClosedStep {
  /// Reads one row of `FinishStatements.close(_:)`.
  init(_ row: Row, target: Target) throws {
    id = StepID(try row.decode("id", as: UUID.self))
    index = Int(try row.decode("index", as: Int32.self))
    turn = try row.decode("turn", as: Int32?.self).map(Int.init)
    self.target = target
    let raw = try row.decode("state", as: Int16.self)
    state = StepState(rawValue: raw) ?? .dead
    startedAt = try row.decode("started_at", as: Date?.self)
    run = Int(try row.decode("runs", as: Int32.self))
  }
}
