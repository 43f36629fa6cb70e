import FoundationEssentials
import Jobs
import Storage
import Testing

@testable import Engine

/// What the ends of steps do to a job, read as transcripts.
@Suite struct JobPlanTests {
  @Test func anAnswerWithoutCallsEndsTheJob() {
    var plan = agentPlan()
    plan.apply(step(0), outcome: .finished("hello"))
    #expect(plan.job.state == .succeeded)
    #expect(plan.job.open == 0)
    #expect(plan.result == "hello")
    #expect(plan.events.map(\.type) == [.started, .step, .succeeded])
    #expect(plan.events.map(\.sequence) == [2, 3, 4])
  }

  @Test func callsBecomeReadyStepsAndTheJobWaits() {
    var plan = agentPlan()
    plan.apply(step(0), outcome: .asked(request("files.read", "system.clock")))
    #expect(plan.job.state == .waiting)
    #expect(plan.job.open == 2)
    #expect(plan.steps.map(\.lane.pool.name) == ["skill.files", "skill.system"])
    #expect(plan.steps.map(\.turn) == [0, 0])
    #expect(plan.steps.map(\.index) == [1, 2])
  }

  @Test func theLastOpenCallBringsTheNextTurnExactlyOnce() {
    var plan = agentPlan(open: 2, nextIndex: 3, hasStarted: true)
    plan.apply(step(1, turn: 0), outcome: .finished("a"))
    #expect(plan.steps.isEmpty)
    plan.apply(step(2, turn: 0), outcome: .finished("b"))
    #expect(plan.steps.map(\.kind) == [.agentTurn])
    #expect(plan.steps.map(\.index) == [3])
    #expect(plan.job.open == 1)
  }

  @Test func aDeadCallIsAResultForTheAgentAndNotTheEnd() {
    var plan = agentPlan(open: 1, nextIndex: 2, hasStarted: true)
    plan.apply(
      step(1, turn: 0, state: .dead), outcome: .failed(.init(.badInput, code: "x", message: "")))
    #expect(plan.job.state == .waiting)
    #expect(plan.steps.map(\.kind) == [.agentTurn])
  }

  @Test func aDeadTurnFailsTheJob() {
    var plan = agentPlan()
    let failure = StepFailure(.badInput, code: "invalid_input", message: "no")
    plan.apply(step(0, state: .dead), outcome: .failed(failure))
    #expect(plan.job.state == .failed)
    #expect(plan.error == failure)
  }

  @Test func refusedCallsAreDeadAtOnceAndTheNextTurnFollows() {
    var plan = agentPlan()
    let refusal = StepFailure(.refused, code: "skill_not_allowed", message: "")
    let call = ModelCall(id: "1", skill: "no such skill", arguments: [:])
    plan.apply(
      step(0),
      outcome: .asked(
        AgentRequest(text: "", calls: [RequestedCall(call, refusal: refusal)], model: "m")))
    #expect(plan.steps.map(\.state) == [.dead, .ready])
    #expect(plan.steps.map(\.kind) == [.skillCall, .agentTurn])
    #expect(plan.job.open == 1)
    #expect(plan.refusals.map(\.code) == ["skill_not_allowed"])
  }

  @Test func aRetryKeepsTheStepOpen() {
    var plan = agentPlan()
    plan.apply(
      step(0, state: .pending), outcome: .failed(.init(.transient, code: "t", message: "")))
    #expect(plan.job.open == 1)
    #expect(plan.job.state == .queued)
    #expect(plan.events.map(\.type) == [.started, .step])
  }

  @Test func aReleasedStepIsRungAgainAndLeavesNoTrace() {
    var plan = agentPlan()
    plan.apply(step(0, state: .ready), outcome: .released)
    #expect(plan.rung.count == 1)
    #expect(plan.events.isEmpty)
    #expect(plan.job.open == 1)
  }

  @Test func aCancelledJobEndsWithItsLastStepAndBringsNothingNew() {
    var plan = agentPlan(open: 2, nextIndex: 3, hasStarted: true, isCancelled: true)
    plan.apply(step(1, turn: 0), outcome: .finished("a"))
    #expect(plan.job.state == .waiting)
    plan.apply(step(2, turn: 0, state: .cancelled), outcome: .released)
    #expect(plan.job.state == .cancelled)
    #expect(plan.steps.isEmpty)
  }

  @Test func aRevokedUserCancelsTheJob() {
    var plan = agentPlan()
    plan.apply(
      step(0, state: .dead), outcome: .failed(.init(.revoked, code: "revoked", message: "")))
    #expect(plan.job.state == .cancelled)
  }

  @Test func aFinishedJobIsNeverRevived() {
    var plan = agentPlan(open: 0, state: .failed, hasStarted: true)
    plan.apply(step(1, turn: 0), outcome: .finished("late"))
    #expect(plan.job.state == .failed)
    #expect(plan.events.isEmpty && plan.steps.isEmpty && plan.result == nil)
  }

  // MARK: -

  private func agentPlan(
    open: Int = 1, nextIndex: Int = 1, state: JobState = .queued, hasStarted: Bool = false,
    isCancelled: Bool = false
  ) -> JobPlan {
    JobPlan(
      job: LockedJob(
        id: JobID(), user: UserID(), priority: .normal,
        state: hasStarted && state == .queued ? .waiting : state,
        stop: isCancelled ? .cancelled : nil, open: open, nextIndex: nextIndex, lastSequence: 1,
        hasStarted: hasStarted,
        target: .agent("main"), replyKey: []))
  }

  private func step(_ index: Int, turn: Int? = nil, state: StepState = .done) -> ClosedStep {
    ClosedStep(
      id: StepID(), index: index, turn: turn,
      target: turn == nil ? .agent("main") : .skill("files.read"), state: state,
      startedAt: Date(timeIntervalSince1970: 1))
  }

  private func request(_ skills: String...) -> AgentRequest {
    AgentRequest(
      text: "",
      calls: skills.map { RequestedCall(ModelCall(id: $0, skill: $0, arguments: [:])) },
      model: "m")
  }
}
