import FoundationEssentials
import Jobs
import Storage

/// What the end of some attempts does to one locked job: a pure decision.
///
/// Finish and reap fill it under the job's row lock and then write it down, so `open` cannot be
/// counted wrong and nobody has to look whether "the others are done".
struct JobPlan: Sendable {
  private(set) var job: LockedJob
  /// When its first step began, if this plan starts it.
  private(set) var startedAt: Date?
  private(set) var events: [NewEvent] = []
  /// Why attempts failed that events tell of, by the `seq` of these.
  private(set) var failures: [Int64: AttemptFailure] = [:]
  private(set) var steps: [PlannedStep] = []
  /// Jobs that the job delegates.
  private(set) var children: [PlannedChild] = []
  /// Steps that wait for signals.
  private(set) var waits: [PlannedWait] = []
  /// Steps that are ready again and need a ticket.
  private(set) var rung: [RungStep] = []
  /// The lanes of attempts that will be tried again.
  private(set) var retried: [Lane] = []
  /// The lanes of steps that will not be tried again, calls that were refused at once left out.
  private(set) var deadLettered: [Lane] = []
  /// What steps were refused, for the audit trail.
  private(set) var refusals: [Refusal] = []
  private(set) var result: JSONValue?
  private(set) var error: StepFailure?

  /// Whether the job's end leaves steps that nobody runs and nobody shall.
  private(set) var leavesSteps = false

  /// Whether anything is to be written: not for a job that was over, nor without a closed step.
  private(set) var isTouched = false

  private let makeStepID: @Sendable () -> StepID
  private let makeJobID: @Sendable () -> JobID

  init(
    job: LockedJob, makeStepID: @escaping @Sendable () -> StepID = { StepID() },
    makeJobID: @escaping @Sendable () -> JobID = { JobID() }
  ) {
    self.job = job
    self.makeStepID = makeStepID
    self.makeJobID = makeJobID
  }

  /// Whether this plan ends the job.
  var endsJob: Bool { !events.isEmpty && job.state.isFinal }

  /// Where steps of the job for a target go.
  func lane(of target: Target) -> Lane { Lane(pool: target.pool, priority: job.priority) }

  /// Takes in one closed step.
  ///
  /// - Parameter stored: How much of the turn's text is in events already, in bytes.
  mutating func apply(_ step: ClosedStep, outcome: StepOutcome, stored: Int = 0) {
    guard !job.state.isFinal else { return }
    isTouched = true
    let failure = outcome.failure
    if step.state != .ready || failure != nil { start(with: step) }
    switch step.state {
    case .ready:
      rung.append(
        RungStep(id: step.id, lane: lane(of: step.target)))
      // Whoever follows learns that what this run wrote is void.
      if job.hasStarted { record(step, failure) }
    case .pending:
      retried.append(lane(of: step.target))
      if Self.isNoted(failure, run: step.run) { record(step, failure) }
    case .done, .dead, .cancelled:
      job.open = max(0, job.open - 1)
      if step.state == .dead, step.onFailure == nil {
        deadLettered.append(lane(of: step.target))
      }
      recordText(of: step, outcome, from: stored)
      record(step, failure)
      follow(step, outcome: outcome)
    case .held, .running:
      break
    }
  }

  /// Whether the history tells of an attempt that is made again: of the many that a rate limit may
  /// end, the first ten and then each tenth.
  static func isNoted(_ failure: StepFailure?, run: Int) -> Bool {
    failure?.class != .rateLimited || run <= 10 || run % 10 == 0
  }

  private mutating func start(with step: ClosedStep) {
    guard !job.hasStarted else { return }
    job.hasStarted = true
    startedAt = step.startedAt
    record(.started, step: step.id, at: step.startedAt)
  }

  /// Takes in that the job shall stop, with the steps that waited and are cancelled now.
  mutating func stop(_ stop: JobStop, _ waiting: [ClosedStep]) {
    guard !job.state.isFinal else { return }
    isTouched = true
    job.stop = job.stop ?? stop
    for step in waiting {
      job.open = max(0, job.open - 1)
      record(step)
    }
    endIfStopped()
  }

  /// A job that shall stop is over once nothing of it runs.
  private mutating func endIfStopped() {
    guard let stop = job.stop, job.open == 0 else { return }
    error = stop.failure
    end(stop.state)
  }

  private mutating func follow(_ step: ClosedStep, outcome: StepOutcome) {
    if job.isStopping {
      keepPartial(of: step, outcome)
      endIfStopped()
      return
    }
    switch outcome {
    case .finished(let value):
      if step.turn == nil {
        result = value
        end(.succeeded)
      } else {
        continueIfComplete()
      }
    case .asked(let request):
      insert(request, of: step)
      continueIfComplete()
    case .failed(let failure):
      if failure.class == .refused {
        refusals.append(Refusal(step: step.id, target: step.target, code: failure.code))
      }
      fail(step, failure)
    case .cancelled:
      keepPartial(of: step, outcome)
      end(.cancelled)
    case .released:
      break
    }
  }

  /// What a cancelled job's turn had written is its result.
  private mutating func keepPartial(of step: ClosedStep, _ outcome: StepOutcome) {
    guard step.turn == nil, let text = outcome.text, !text.isEmpty else { return }
    result = ["text": .string(text), "partial": .bool(true)]
  }

  private mutating func fail(_ step: ClosedStep, _ failure: StepFailure) {
    switch failure.class {
    case .revoked:
      error = failure
      end(.cancelled)
    case .expired where step.turn == nil:
      error = failure
      end(.expired)
    default:
      if step.turn == nil || step.onFailure == .fail {
        error = failure
        end(.failed)
      } else {
        // A dead call is a tool result that carries an error.
        continueIfComplete()
      }
    }
  }

  private mutating func insert(_ request: AgentRequest, of turn: ClosedStep) {
    for requested in request.calls {
      let call = PlannedCall(requested.call)
      let step = planned(requested, call, of: turn)
      steps.append(step)
      if let refusal = requested.refusal, refusal.class == .refused {
        refusals.append(Refusal(step: step.id, target: step.target, code: refusal.code))
      }
      if step.state == .held { note(step, call) }
      job.nextIndex += 1
      if step.state != .dead { job.open += 1 }
    }
    job.state = .waiting
    record(.waiting, step: turn.id)
  }

  /// Takes down what a held step waits for.
  private mutating func note(_ step: PlannedStep, _ call: PlannedCall) {
    switch call {
    case .skill: break
    case .delegation(let delegation):
      children.append(
        PlannedChild(
          id: makeJobID(), step: makeStepID(), parent: job.id, parentStep: step.id,
          target: step.target, delegation: delegation))
      job.delegations += 1
    case .signal(let wait):
      waits.append(PlannedWait(step: step.id, job: job.id, wait: wait))
    }
  }

  /// The step of a call: a skill's, or one that waits for a delegated job or a signal.
  private func planned(
    _ requested: RequestedCall, _ call: PlannedCall, of turn: ClosedStep
  ) -> PlannedStep {
    // A name that is no skill's name is refused, too; the turn's output keeps it as it was.
    var target = Target("skill:\(requested.call.skill)") ?? .skill("unknown.skill")
    if case .delegation(let delegation) = call { target = .agent(delegation.agent) }
    let heldBy = requested.refusal == nil ? call.heldBy : nil
    // What waits for a signal is nobody's work: it counts where its job does.
    let lane = call.kind == .signalWait ? lane(of: job.target) : lane(of: target)
    return PlannedStep(
      id: makeStepID(), job: job.id, user: job.user, index: job.nextIndex, turn: turn.index,
      callID: requested.call.id, kind: call.kind, target: target, lane: lane,
      state: requested.refusal != nil ? .dead : heldBy != nil ? .held : .ready,
      input: requested.call.arguments, error: requested.refusal, heldBy: heldBy)
  }

  /// Once nothing is open, the agent's next turn may begin.
  private mutating func continueIfComplete() {
    guard job.open == 0, !job.state.isFinal else { return }
    steps.append(
      PlannedStep(
        id: makeStepID(), job: job.id, user: job.user, index: job.nextIndex, turn: nil,
        callID: nil, kind: .agentTurn, target: job.target,
        lane: lane(of: job.target), state: .ready, input: nil,
        error: nil))
    job.nextIndex += 1
    job.open = 1
  }

  private mutating func end(_ state: JobState) {
    leavesSteps = leavesSteps || job.open > 0
    job.state = state
    job.open = 0
    record(state.finalEvent, step: nil)
  }

  private mutating func record(_ step: ClosedStep, _ failure: StepFailure? = nil) {
    job.lastSequence += 1
    failures[job.lastSequence] = failure.map { AttemptFailure($0, delay: step.delay) }
    events.append(
      NewEvent(
        job: job.id, sequence: job.lastSequence, type: .step, step: step.id, at: nil,
        stepState: step.state, attempt: step.run > 0 ? step.run : nil))
  }

  /// The end of a turn's text that no event has yet; the step's output holds it.
  private mutating func recordText(of step: ClosedStep, _ outcome: StepOutcome, from stored: Int) {
    guard step.isTurn, step.state != .dead, let bytes = outcome.text.map({ Array($0.utf8) })
    else { return }
    var start = stored
    while start < bytes.count {
      // Never within a character.
      var end = min(bytes.count, start + EventStatements.eventBytes)
      while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      job.lastSequence += 1
      events.append(
        NewEvent(
          job: job.id, sequence: job.lastSequence, type: .delta, step: step.id, at: nil,
          attempt: step.run, range: start..<end))
      start = end
    }
  }

  private mutating func record(_ type: EventType, step: StepID?, at: Date? = nil) {
    job.lastSequence += 1
    events.append(
      NewEvent(job: job.id, sequence: job.lastSequence, type: type, step: step, at: at))
  }
}

extension JobState {
  /// The event that ends a job in this state.
  var finalEvent: EventType {
    switch self {
    case .succeeded: .succeeded
    case .cancelled: .cancelled
    case .expired: .expired
    default: .failed
    }
  }
}
