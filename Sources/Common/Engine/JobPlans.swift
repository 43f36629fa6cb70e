import FoundationEssentials
import JobQueue
import Jobs
import Observability
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

  mutating func stop(_ job: JobID, _ stop: JobStop, waiting: [ClosedStep]) {
    plans[job]?.stop(stop, waiting)
  }

  /// Steps of other jobs that these plans' ends have made ready; known once they are written.
  fileprivate(set) var promoted: [Ticket] = []

  /// The tickets to send once the transaction has committed.
  var tickets: [Ticket] {
    promoted
      + all.flatMap { plan in
        plan.steps.filter { $0.state == .ready }
          .map { Ticket(step: $0.id, job: $0.job, lane: $0.lane) }
          + plan.rung.map { Ticket(step: $0.id, job: plan.job.id, lane: $0.lane) }
          + plan.children.map {
            Ticket(step: $0.step, job: $0.id, lane: plan.lane(of: $0.target))
          }
      }
  }

  /// Passes the failpoint of those who have made steps of other jobs ready; after the COMMIT.
  func passPromotion() throws(FailpointError) {
    if !promoted.isEmpty { try Failpoint.promote.hit() }
  }

  /// Jobs that are over now and that others wait for.
  var endedChildren: [JobID] { all.filter { $0.endsJob && $0.job.isChild }.map(\.job.id) }

  /// Jobs that are over now, or shall be, and may have delegated others that are not.
  var deserting: [JobID] {
    all.filter { ($0.endsJob || $0.job.isStopping) && $0.job.delegations > 0 }.map(\.job.id)
  }

  /// Batches in which jobs have ended.
  var endedBatches: Set<BatchID> { Set(all.filter(\.endsJob).compactMap(\.job.batch)) }

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

  /// Writes the plans and whatever else there is, and commits. The plans then know the steps of
  /// other jobs that they have made ready.
  ///
  /// - Parameters:
  ///   - limits: Of which the transaction frees slots, each as often as it does.
  ///   - started: First steps whose signal has come.
  func commit(
    _ plans: inout JobPlans, in transaction: PostgresTransaction, beside others: [SQL] = [],
    freeing limits: [GateKey] = [], starting started: [StepID] = []
  ) async throws {
    let promotions =
      promotions(by: plans, freeing: limits)
      + (started.isEmpty ? [] : [SignalStatements.start(started)])
    let rows = try await transaction.commit(
      after: try statements(for: plans) + others + promotions)
    plans.promoted = try rows.suffix(promotions.count).joined()
      .map { Ticket(try TicketRow($0)) }
  }

  private func statements(for plans: JobPlans) throws -> [SQL] {
    let plans = plans.all.filter(\.isTouched)
    var statements: [SQL] = []
    if !plans.isEmpty { statements.append(FinishStatements.update(try plans.map(update))) }
    let steps = try plans.flatMap(\.steps).map { try sealed($0, of: plans) }
    if !steps.isEmpty { statements.append(FinishStatements.insert(steps)) }
    let children = try plans.flatMap(\.children).map(sealed)
    if !children.isEmpty { statements.append(ChildStatements.insert(children)) }
    let waits = plans.flatMap(\.waits).map {
      NewSignalWait(step: $0.step, job: $0.job, wait: $0.wait)
    }
    if !waits.isEmpty { statements.append(SignalStatements.insert(waits)) }
    let rung = plans.flatMap(\.rung).map(\.id)
    if !rung.isEmpty { statements.append(FinishStatements.ring(rung)) }
    let events = try plans.flatMap { try self.events(of: $0) }
    if !events.isEmpty { statements.append(FinishStatements.insert(events)) }
    return statements + ends(of: plans) + refusals(of: plans)
  }

  /// The events of a plan, with the failures that some of them tell of.
  private func events(of plan: JobPlan) throws -> [NewEvent] {
    guard !plan.failures.isEmpty else { return plan.events }
    return try plan.events.map { event in
      guard let failure = plan.failures[event.sequence], let step = event.step else { return event }
      var event = event
      event.failure = try failure.sealed(of: step, run: event.attempt ?? 0, content)
      return event
    }
  }

  private func ends(of plans: [JobPlan]) -> [SQL] {
    let ended = plans.filter(\.endsJob)
    guard !ended.isEmpty else { return [] }
    let leaving = ended.filter(\.leavesSteps).map(\.job.id)
    let inBatches = ended.compactMap { plan in
      plan.job.batch.map { (plan.job.id, $0, plan.job.state) }
    }
    // Nobody is told of what other jobs have asked for, nor of the telling itself.
    let told = ended.filter { !$0.job.isChild && !$0.job.target.isInternal }
    return (leaving.isEmpty ? [] : [FinishStatements.cancelRemaining(of: leaving)])
      + (inBatches.isEmpty ? [] : [BatchStatements.note(inBatches)])
      + [AuditStatements.ended(ended.map { ($0.job.id, $0.job.user, $0.job.state) })]
      + (told.isEmpty
        ? [] : [DeliveryStatements.make(told.map { ($0.job.id, $0.job.user, $0.job.state) })])
  }

  private func refusals(of plans: [JobPlan]) -> [SQL] {
    plans.flatMap { plan in
      plan.refusals.map { refusal in
        AuditStatements.refused(
          step: refusal.step, user: plan.job.user, action: refusal.target.description,
          code: refusal.code)
      }
    }
  }

  /// What comes last, as it answers the rows of tickets. A statement that promotes has to see what
  /// was committed while the row of its session was waited for.
  private func promotions(by plans: JobPlans, freeing limits: [GateKey]) -> [SQL] {
    let left = plans.all.filter { $0.endsJob && $0.job.session != nil }.map(\.job.id)
    return
      (left.isEmpty
      ? [] : [SessionStatements.leave(left), SessionStatements.promote(after: left)])
      + (limits.isEmpty ? [] : [GateStatements.promote(limits)])
  }

  private func update(_ plan: JobPlan) throws -> JobUpdate {
    let row = plan.job.id.uuid
    return JobUpdate(
      job: plan.job, startedAt: plan.startedAt,
      result: try plan.result.map { try content.seal($0, .jobResult, row: row) },
      error: try plan.error.map { try content.seal($0.json, .jobError, row: row) })
  }

  private func sealed(_ child: PlannedChild) throws -> NewChild {
    NewChild(
      id: child.id, step: child.step, parent: child.parent, parentStep: child.parentStep,
      target: child.target, onFailure: child.delegation.onFailure, replyKey: RandomBytes.sixteen(),
      input: try content.seal(.string(child.delegation.message), .jobInput, row: child.id.uuid))
  }

  private func sealed(_ step: PlannedStep, of plans: [JobPlan]) throws -> NewStep {
    let row = step.id.uuid
    let weight = plans.first { $0.job.id == step.job }?.job.weight ?? 1
    return NewStep(
      id: step.id, job: step.job, user: step.user, index: step.index, turn: step.turn,
      callID: step.callID, kind: step.kind, target: step.target, pool: step.lane.pool,
      priority: step.lane.priority, state: step.state,
      input: try step.input.map { try content.seal($0, .stepInput, row: row) },
      error: try step.error.map { try content.seal($0.json, .stepError, row: row) },
      heldBy: step.heldBy, weight: weight)
  }
}

extension Ticket {
  /// Of the first step of a new job.
  init(_ job: NewJob) { self.init(step: job.step, job: job.id, lane: job.lane) }

  init(_ row: TicketRow) { self.init(step: row.step, job: row.job, lane: row.lane) }
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
