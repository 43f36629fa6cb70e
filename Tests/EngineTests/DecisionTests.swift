import JobQueue
import Jobs
import Testing

@testable import Engine

@Suite struct RetryPolicyTests {
  private let busy = StepFailure(.transient, code: "busy", message: "")

  @Test func waitsDouble() {
    let waits = (1...4).map { verdict(busy, attempt: $0, run: $0) }
    #expect(
      waits
        == [2, 4, 8, 16].map { .again(after: .seconds($0), countsAttempt: true) })
  }

  @Test func theLastAttemptIsNotRetried() {
    #expect(verdict(busy, attempt: 5, run: 5) == .dead)
    // Runs that crashed or were given back do not count.
    #expect(verdict(busy, attempt: 4, run: 90) == .again(after: .seconds(16), countsAttempt: true))
  }

  @Test func anAnswerThatMayHaveBeenPaidForIsAskedForOnceLess() {
    let lost = StepFailure(.inDoubt, code: "provider_cut", message: "")
    #expect(verdict(lost, attempt: 3, run: 3) == .again(after: .seconds(8), countsAttempt: true))
    #expect(verdict(lost, attempt: 4, run: 4) == .dead)
  }

  @Test func aRateLimitTakesNoAttemptAndWaitsUpToTheCeiling() {
    let limited = StepFailure(.rateLimited, code: "rate_limited", message: "")
    #expect(
      verdict(limited, attempt: 5, run: 5) == .again(after: .seconds(32), countsAttempt: false))
    #expect(
      verdict(limited, attempt: 1, run: 60) == .again(after: .seconds(300), countsAttempt: false))
    #expect(verdict(limited, attempt: 1, run: 100) == .dead)
  }

  @Test func aStepMayHaveMoreAttemptsThanOthers() {
    #expect(
      verdict(busy, attempt: 8, of: 9, run: 8)
        == .again(after: .seconds(256), countsAttempt: true))
    #expect(verdict(busy, attempt: 9, of: 9, run: 9) == .dead)
    #expect(verdict(busy, attempt: 1, of: 1) == .dead)
  }

  @Test func whatCannotSucceedIsNotRetried() {
    #expect(verdict(StepFailure(.badInput, code: "x", message: "")) == .dead)
    #expect(verdict(StepFailure(.auth, code: "x", message: "")) == .dead)
  }

  @Test func theOtherSidesWordIsHonoured() {
    let failure = StepFailure(.transient, code: "x", message: "", retryAfter: .seconds(600))
    #expect(verdict(failure) == .again(after: .seconds(600), countsAttempt: true))
  }

  private func verdict(
    _ failure: StepFailure, attempt: Int = 1, of attempts: Int? = nil, run: Int = 1
  ) -> RetryPolicy.Verdict {
    RetryPolicy().verdict(
      after: failure, attempt: attempt, of: attempts, run: run, jitter: 0)
  }
}

@Suite struct RightsTests {
  private func rights(_ grants: [String], role: [String], isRevoked: Bool = false) -> Rights {
    Rights(
      grants: grants.map(TargetPattern.init),
      role: Role(name: "r", targets: role.map(TargetPattern.init), maximumPriority: .low),
      isRevoked: isRevoked)
  }

  @Test func bothGrantsAndRoleDecide() {
    let read = Target.skill("files.read")
    #expect(rights(["skill:*"], role: ["*"]).allows(read))
    #expect(!rights(["skill:*"], role: ["agent:*"]).allows(read))
    #expect(!rights(["agent:*"], role: ["*"]).allows(read))
    #expect(!rights(["*"], role: ["*"], isRevoked: true).allows(read))
  }

  @Test func deliveringTakesAGrantOfNothingElse() {
    let only = [Target.webhookDelivery.description]
    #expect(rights(only, role: []).allows(.webhookDelivery))
    #expect(!rights(["*"], role: ["*"]).allows(.webhookDelivery))
    #expect(!rights(["skill:webhooks.*"], role: only).allows(.webhookDelivery))
    #expect(!rights(only, role: [], isRevoked: true).allows(.webhookDelivery))
    #expect(!rights(only, role: ["*"]).allows(.skill("files.read")))
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

  @Test func nobodyGoesUnchargedTwice() {
    let beside = judge([(true, 1), (false, 0)], returning: true)
    #expect(beside.map(\.crashes) == [2, 1])
    #expect(beside.map(\.isSuspect) == [true, true])
    #expect(judge([(false, 0), (false, 0)], returning: true).map(\.crashes) == [1, 1])
  }

  @Test func theFourthChargedCrashIsTheLast() {
    #expect(judge([(true, 3)]).map(\.isDead) == [true])
    #expect(judge([(true, 2)]).map(\.isDead) == [false])
  }

  private func judge(
    _ aboard: [(isSuspect: Bool, crashes: Int)], returning: Bool = false
  ) -> [CrashPlan.Verdict] {
    CrashPlan.judge(
      aboard.map {
        .init(
          step: StepID(), isSuspect: $0.isSuspect, crashes: $0.crashes, hasComeBack: returning)
      },
      maximumCrashes: RetryPolicy().maximumCrashes)
  }
}
