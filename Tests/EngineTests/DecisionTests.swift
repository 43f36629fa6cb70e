import JobQueue
import Jobs
import Testing

@testable import Engine

@Suite struct RetryPolicyTests {
  private let busy = StepFailure(.transient, code: "busy", message: "")

  @Test func waitsDoubleUpToTheCeiling() {
    let policy = RetryPolicy()
    let waits = (1...4).map { policy.delay(after: busy, attempt: $0, jitter: 0) }
    #expect(waits == [.seconds(2), .seconds(4), .seconds(8), .seconds(16)])
    var patient = RetryPolicy()
    patient.maximumAttempts = 100
    #expect(patient.delay(after: busy, attempt: 60, jitter: 0) == .seconds(300))
  }

  @Test func theLastAttemptIsNotRetried() {
    #expect(RetryPolicy().delay(after: busy, attempt: 5, jitter: 0) == nil)
  }

  @Test func whatCannotSucceedIsNotRetried() {
    let failure = StepFailure(.badInput, code: "x", message: "")
    #expect(RetryPolicy().delay(after: failure, attempt: 1, jitter: 0) == nil)
  }

  @Test func theOtherSidesWordIsHonoured() {
    let failure = StepFailure(.transient, code: "x", message: "", retryAfter: .seconds(60))
    #expect(RetryPolicy().delay(after: failure, attempt: 1, jitter: 0) == .seconds(60))
  }
}

@Suite struct CrashPlanTests {
  @Test func aStepThatWasAloneIsCharged() {
    let verdict = judge([(false, 0)])
    #expect(verdict.map(\.crashes) == [1])
    #expect(verdict.map(\.isSuspect) == [true])
  }

  @Test func companionsBecomeSuspectsUncharged() {
    let verdict = judge([(false, 0), (false, 0), (false, 0)])
    #expect(verdict.map(\.crashes) == [0, 0, 0])
    #expect(verdict.map(\.isSuspect) == [true, true, true])
  }

  @Test func aSuspectAboardIsChargedAndTheOthersAreNot() {
    let verdict = judge([(true, 1), (false, 0)])
    #expect(verdict.map(\.crashes) == [2, 0])
    #expect(verdict.map(\.isSuspect) == [true, false])
  }

  @Test func theFourthChargedCrashIsTheLast() {
    #expect(judge([(true, 3)]).map(\.isDead) == [true])
    #expect(judge([(true, 2)]).map(\.isDead) == [false])
  }

  private func judge(_ aboard: [(isSuspect: Bool, crashes: Int)]) -> [CrashPlan.Verdict] {
    CrashPlan.judge(
      aboard.map { .init(step: StepID(), isSuspect: $0.isSuspect, crashes: $0.crashes) },
      maximumCrashes: RetryPolicy().maximumCrashes)
  }
}
