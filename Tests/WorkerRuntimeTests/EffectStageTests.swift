import Engine
import Jobs
import Testing

@testable import WorkerRuntime

/// How the call of an unsafe skill ends its step.
@Suite struct EffectStageTests {
  private let target = Target.skill("mail.send")
  private let stopped: [StepOutcome] = [.released, .cancelled(partial: "")]
  private let inDoubt = StepOutcome.failed(.outcomeUnknown(of: .skill("mail.send")))

  @Test func otherStepsEndAsTheyDo() {
    for outcome in stopped + [.finished("x")] {
      #expect(EffectStage.none.end(outcome, of: target) == (outcome, nil))
    }
  }

  @Test func whatWasNotCalledMayBeGivenBack() {
    for outcome in stopped {
      #expect(EffectStage.announced.end(outcome, of: target) == (outcome, .withdrawn))
    }
  }

  @Test func aCallThatWasStoppedIsInDoubt() {
    for outcome in stopped {
      #expect(EffectStage.called.end(outcome, of: target) == (inDoubt, .unknown))
    }
  }

  @Test func aResultCountsEvenIfTheStepWasStopped() {
    for outcome in stopped {
      #expect(EffectStage.returned("ok").end(outcome, of: target) == (.finished("ok"), .done))
    }
  }

  @Test func anEarlierAttemptMakesItDoubtful() {
    let own = StepOutcome.failed(.outcomeUnknown(of: target))
    #expect(EffectStage.begunBefore.end(own, of: target) == (inDoubt, .unknown))
  }

  @Test(arguments: [StepFailure.Class.badInput, .refused, .auth, .rateLimited])
  func aClearFailureIsTheEnd(_ kind: StepFailure.Class) {
    let failure = StepFailure(kind, code: "x", message: "no")
    let end = EffectStage.threw(failure).end(.failed(failure), of: target)
    #expect(end == (.failed(failure), .done))
  }

  @Test(arguments: [StepFailure.Class.transient, .inDoubt, .internalError])
  func aFailureThatLeavesItOpenIsInDoubt(_ kind: StepFailure.Class) {
    let failure = StepFailure(kind, code: "x", message: "no")
    let end = EffectStage.threw(failure).end(.failed(failure), of: target)
    #expect(end == (inDoubt, .unknown))
  }

  @Test func anUnknownOutcomeIsNotRetryable() {
    let unknown = StepFailure.outcomeUnknown(of: target)
    #expect(!unknown.isRetryable && StepFailure(json: unknown.json) == unknown)
    #expect(StepFailure(.inDoubt, code: "provider_cut", message: "").isRetryable)
  }
}
