import Foundation
import Jobs
import Postgres
import Security
import Storage
import TestSupport
import Testing

@testable import Engine

/// An unsafe skill is called once for a step, or not at all.
@Suite(.timeLimit(.minutes(2))) struct EffectTests {
  @Test func theFirstAttemptMayCallAndItsFinishSettlesTheEffect() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      #expect(try await bench.begin(step) == .begun)
      #expect(try await bench.step(of: job)?.effect?.state == .started)
      let answer = try await bench.finisher.finish(step, .finished(["sent": true]), effect: .done)
      #expect(answer == .committed)
      let ended = try #require(try await bench.step(of: job))
      #expect(ended.state == .done && ended.effect?.state == .done && ended.effect?.attempt == 1)
      #expect(ended.effect?.finishedAt != nil)
      #expect(try await bench.job(.replayed(job))?.state == .succeeded)
    }
  }

  @Test func aStepWithoutAnEffectHasNone() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      _ = try await bench.finisher.finish(step, .finished("x"))
      #expect(try await bench.step(of: job)?.effect == nil)
    }
  }

  @Test func withoutTheClaimNothingIsAnnounced() async throws {
    try await EngineBench.with { bench in
      let (_, late) = try await bench.claimedCall()
      try await bench.lapse()
      _ = try await bench.reaper().run()
      #expect(try await bench.begin(late) == .lost)
      #expect(try await bench.count("effects") == 0)
      let next = try #require(try await bench.claimer().claimSuspect(in: [.files]).first)
      #expect(try await bench.begin(next) == .begun)
      #expect(try await bench.begin(late) == .lost)
    }
  }

  @Test func askingAgainWithTheSameClaimIsTheSameAnnouncement() async throws {
    try await EngineBench.with { bench in
      let (_, step) = try await bench.claimedCall()
      // As after a COMMIT whose answer was lost.
      #expect(try await bench.begin(step) == .begun)
      #expect(try await bench.begin(step) == .begun)
      #expect(try await bench.count("effects") == 1)
    }
  }

  @Test func aCrashBetweenAnnouncementAndFinishEndsTheStepInDoubt() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      #expect(try await bench.begin(step) == .begun)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      try await bench.expectInDoubt(job)
      #expect(try await bench.claimer().claimSuspect(in: [.files]).isEmpty)
      // The paused worker wakes up: what it knows comes too late.
      #expect(try await bench.finisher.finish(step, .finished("x"), effect: .done) == .lost)
      try await bench.expectInDoubt(job)
    }
  }

  @Test func aSecondAttemptDoesNotBegin() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      #expect(try await bench.begin(step) == .begun)
      // As by a worker that knows nothing of effects.
      _ = try await bench.finisher.finish(step, .released)
      let again = try #require(try await bench.claimer().claim(.files, limit: 1).first)
      #expect(try await bench.begin(again) == .begunBefore)
      let failure = StepFailure.outcomeUnknown(of: again.target)
      _ = try await bench.finisher.finish(again, .failed(failure), effect: .unknown)
      try await bench.expectInDoubt(job)
    }
  }

  @Test func whatWasNotCalledIsTakenBackAndMayBeginAnew() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      #expect(try await bench.begin(step) == .begun)
      _ = try await bench.finisher.finish(step, .released, effect: .withdrawn)
      #expect(try await bench.count("effects") == 0)
      let again = try #require(try await bench.claimer().claim(.files, limit: 1).first)
      #expect(try await bench.begin(again) == .begun)
      _ = try await bench.finisher.finish(again, .finished("x"), effect: .done)
      #expect(try await bench.job(.replayed(job))?.state == .succeeded)
    }
  }

  @Test func aFailureAfterTheCallIsNotTriedAgain() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      _ = try await bench.begin(step)
      let busy = StepFailure(.rateLimited, code: "busy", message: "busy")
      _ = try await bench.finisher.finish(step, .failed(busy), effect: .done)
      let ended = try #require(try await bench.step(of: job))
      #expect(ended.state == .dead && ended.error == busy && ended.effect?.state == .done)
    }
  }

  @Test func aCancelledJobBeginsNothing() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      #expect(try await bench.begin(step) == .cancelled)
      #expect(try await bench.count("effects") == 0)
    }
  }

  @Test func aJobThatHasFailedBeginsNothingAndWhatRunsOfItStops() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      let claimer = bench.claimer()
      #expect(try await claimer.cancelled(among: [job]).isEmpty)
      // As if another of its steps had ended it: no cancellation was asked for.
      _ = try await bench.pool.execute("UPDATE jobs SET state = 5, open = 0")
      #expect(try await bench.begin(step) == .cancelled)
      #expect(try await bench.count("effects") == 0)
      #expect(try await claimer.cancelled(among: [job]) == [job])
      let renewed = try await bench.pool.query(
        ClaimStatements.renew([(step: step.id, claim: step.claim)]))
      #expect(try renewed.first?.decode("is_cancelled", as: Bool.self) == true)
    }
  }

  @Test func aCancelledJobStillShowsWhatIsInDoubt() async throws {
    try await EngineBench.with { bench in
      let (job, step) = try await bench.claimedCall()
      _ = try await bench.begin(step)
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      #expect(try await bench.job(.replayed(job))?.state == .cancelled)
      let ended = try #require(try await bench.step(of: job))
      #expect(ended.state == .dead && ended.effect?.state == .unknown)
      #expect(ended.error?.isUnknownOutcome == true)
    }
  }

  @Test func anAgentReadsTheDoubtAsItsCallsResult() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let claimer = bench.claimer()
      let turn = try #require(try await claimer.claim(.main, limit: 1).first)
      let call = ModelCall(id: "c1", skill: "files.write", arguments: ["path": "a"])
      let request = AgentRequest(text: "", calls: [RequestedCall(call)], model: "m")
      _ = try await bench.finisher.finish(turn, .asked(request))
      let step = try #require(try await claimer.claim(.files, limit: 1).first)
      _ = try await bench.begin(step)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let next = try #require(try await claimer.claim(.main, limit: 1).first)
      let result = try next.content.get().history.first?.results["c1"]
      #expect(result == .failure(.outcomeUnknown(of: .skill("files.write"))))
      _ = try await bench.finisher.finish(next, .finished(["text": "I cannot tell."]))
      #expect(try await bench.job(.replayed(job))?.state == .succeeded)
    }
  }

  @Test func twoWhoHoldTheStepOneAfterTheOtherCannotBothBegin() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<20 {
        let (job, step) = try await bench.claimedCall()
        async let answer = bench.begin(step)
        async let taken: Void = bench.giveAway(job)
        let (first, _) = try await (answer, taken)
        let next = try #require(try await bench.claimer().claim(.files, limit: 1).first)
        let second = try await bench.begin(next)
        #expect([first, second].filter { $0 == .begun }.count == 1)
        _ = try await bench.finisher.finish(next, .finished("x"), effect: .unknown)
      }
    }
  }

  @Test func aDatabaseThatIsAwayMeansThatNothingIsCalled() async throws {
    try await EngineBench.with { bench in
      let (_, step) = try await bench.claimedCall()
      var away = try PostgresConfiguration(
        url: "postgres://nobody@127.0.0.1:1/none", applicationName: "openclaw-tests")
      away.maximumConnections = 1
      let answer = try await PostgresPool.withPool(away, logger: TestDatabase.quiet) { pool in
        try await EffectJournal(pool: pool, key: MasterKey(id: 1), logger: TestDatabase.quiet)
          .begin(step, arguments: [:]) { false }
      }
      #expect(answer == .unavailable)
      _ = try await bench.finisher.finish(step, .released, effect: .withdrawn)
      #expect(try await bench.claimer().claim(.files, limit: 1).first?.attempt == 1)
    }
  }
}

extension EngineBench {
  /// A job that calls a skill, claimed.
  fileprivate func claimedCall() async throws -> (JobID, ClaimedStep) {
    let accepted = try await accept(.skill("files.write"), input: ["path": "a", "content": "b"])
    guard case .stored(let job, _) = accepted,
      let step = try await claimer().claim(.files, limit: 1).first
    else { throw NotStored() }
    return (job, step)
  }

  fileprivate func begin(_ step: ClaimedStep) async throws -> EffectJournal.Answer {
    let journal = EffectJournal(pool: pool, key: MasterKey(id: 1), logger: TestDatabase.quiet)
    return try await journal.begin(step, arguments: ["path": "a"]) { true }
  }

  /// Takes the steps of a job from whoever runs them.
  fileprivate func giveAway(_ job: JobID) async throws {
    _ = try await pool.execute(
      "UPDATE steps SET state = 1, claim_id = NULL WHERE job_id = \(job.uuid)")
  }

  fileprivate func step(of job: JobID) async throws -> StepRecord? {
    try await reader.steps(of: job, user: principal.user)?.first
  }

  fileprivate func expectInDoubt(
    _ job: JobID, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let step = try await step(of: job)
    #expect(step?.state == .dead, sourceLocation: sourceLocation)
    #expect(step?.effect?.state == .unknown, sourceLocation: sourceLocation)
    let failure = try await self.job(.replayed(job))?.error
    #expect(failure?.class == .inDoubt, sourceLocation: sourceLocation)
    #expect(failure?.code == "outcome_unknown", sourceLocation: sourceLocation)
    #expect(failure == step?.error, sourceLocation: sourceLocation)
  }
}
