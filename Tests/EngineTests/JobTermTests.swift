import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// The terms of a job: what it shows of them, how far its attempts go, and what a repetition keeps.
@Suite(.timeLimit(.minutes(2))) struct JobTermTests {
  private static let busy = StepFailure(.transient, code: "busy", message: "busy")

  @Test func aJobShowsTheTermsThatWereAskedOfIt() async throws {
    try await EngineBench.with { bench in
      let job = try #require(try await bench.job(.replayed(bench.acceptedID(options: .demanding))))
      let json = job.json
      #expect(json["timeouts"] == ["queue": "10m", "step": "1m30s", "idle": "500ms"])
      #expect(json["max_attempts"] == 3)
      #expect(json["wait_for"] == ["signal": "go", "timeout": "2h"])
      #expect(json["unique_key"] == "a b" && json["unique_scope"] == "target")
      #expect(json["unique_for"] == "1d")
      let plain = try #require(try await bench.job(.replayed(bench.acceptedID()))).json
      for name in ["timeouts", "max_attempts", "wait_for", "unique_scope", "unique_for"] {
        #expect(plain[name] == .null, "\(name)")
      }
    }
  }

  @Test func aLaterStartMovesTheQueueTimeoutAlong() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .after(.seconds(60))
      options.queueTimeout = .seconds(30)
      let id = try await bench.acceptedID(options: options)
      _ = try await bench.editor().reschedule(
        id, to: .after(.seconds(600)), input: nil, by: bench.principal)
      #expect(try await bench.job(.replayed(id))?.json["timeouts"] == ["queue": "30s"])
    }
  }

  @Test(arguments: [1, 2])
  func aStepIsTriedAsOftenAsItsJobSays(_ most: Int) async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.maximumAttempts = most
      let id = try await bench.acceptedID(options: options)
      for attempt in 1...most {
        let step = try await bench.claimDue()
        #expect(step.attempt == attempt)
        _ = try await bench.finisher.finish(step, .failed(Self.busy))
      }
      let job = try #require(try await bench.job(.replayed(id)))
      #expect(job.state == .failed && job.error?.code == "busy")
    }
  }

  @Test func aSkillThatTakesFewerAttemptsKeepsThat() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.maximumAttempts = 20
      let id = try await bench.acceptedID(options: options)
      let step = try await bench.claimDue()
      _ = try await bench.finisher.finish(step, .failed(Self.busy), attempts: 1)
      #expect(try await bench.job(.replayed(id))?.state == .failed)
    }
  }

  @Test func aRateLimitTakesNoAttemptOfAJobThatHasOne() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.maximumAttempts = 1
      let id = try await bench.acceptedID(options: options)
      let limited = StepFailure(.rateLimited, code: "slow_down", message: "later")
      for _ in 0..<2 {
        _ = try await bench.finisher.finish(try await bench.claimDue(), .failed(limited))
      }
      #expect(try await bench.job(.replayed(id))?.state == .queued)
    }
  }

  @Test func whatAJobDelegatesHasItsNumberOfAttempts() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.maximumAttempts = 1
      let (_, child) = try await bench.delegated(options: options)
      let step = try #require(try await bench.claimer().claim(.coder, limit: 1).first)
      #expect(step.job == child && step.maximumAttempts == 1)
    }
  }

  @Test func aRetryKeepsTimeOutsAttemptsAndTheLengthOfADeadline() async throws {
    try await EngineBench.with { bench in
      let old = try #require(try await bench.job(.replayed(bench.acceptedID(options: .demanding))))
      let again = old.again(at: Date())
      #expect(again.options.queueTimeout == .seconds(600))
      #expect(again.options.stepTimeout == .seconds(90))
      #expect(again.options.idleTimeout == .milliseconds(500))
      #expect(again.options.maximumAttempts == 3)
      #expect(again.options.deadline == .after(.seconds(3600)))
      #expect(again.options.signal == old.terms.signal)
      #expect(again.options.uniqueness == nil && again.options.start == nil)
    }
  }

  @Test func aStartThatHadPassedIsNoPartOfTheQueueTimeout() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .at(Date(timeIntervalSince1970: 1_500_000_000))
      options.queueTimeout = .seconds(60)
      let old = try #require(try await bench.job(.replayed(bench.acceptedID(options: options))))
      #expect(old.terms.queueTimeout == .seconds(60))
      #expect(old.again(at: Date()).options.queueTimeout == .seconds(60))
    }
  }

  @Test func aRetryOfARedrivenJobWaitsForItsSignalAsWell() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.signal = SignalWait(
        signal: try #require(SignalName("approved")), timeout: .seconds(60))
      options.deadline = .after(.seconds(600))
      let dead = try await bench.acceptedID(options: options)
      _ = try await bench.pool.execute(
        "UPDATE steps SET state = 1, held_by = NULL WHERE job_id = \(dead.uuid)")
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(
        step, .failed(StepFailure(.badInput, code: "x", message: "no")))
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let new = try #require(redrive.redriven.first?.newJob)
      let again = try #require(try await bench.job(.replayed(new))).again(at: Date())
      #expect(again.options.signal == options.signal)
      #expect(again.options.deadline == .after(.seconds(600)))
    }
  }

  @Test func aRetryKeepsAPointInTimeThatHasNotPassed() async throws {
    try await EngineBench.with { bench in
      let end = Date(timeIntervalSince1970: 4_000_000_000)
      var options = JobOptions()
      options.deadline = .at(end)
      let old = try #require(try await bench.job(.replayed(bench.acceptedID(options: options))))
      #expect(old.again(at: Date()).options.deadline == .at(end))
      #expect(old.again(at: end).options.deadline == nil)
    }
  }

  @Test func aRedriveKeepsTheNumberOfAttempts() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.maximumAttempts = 1
      _ = try await bench.acceptedID(options: options)
      _ = try await bench.finisher.finish(try await bench.claimDue(), .failed(Self.busy))
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let new = try #require(redrive.redriven.first?.newJob)
      #expect(try await bench.job(.replayed(new))?.terms.maximumAttempts == 1)
    }
  }
}

extension JobOptions {
  /// With each term that goes with the others.
  fileprivate static var demanding: JobOptions {
    var options = JobOptions()
    options.deadline = .after(.seconds(3600))
    options.queueTimeout = .seconds(600)
    options.stepTimeout = .seconds(90)
    options.idleTimeout = .milliseconds(500)
    options.maximumAttempts = 3
    options.signal = SignalName("go").map { SignalWait(signal: $0, timeout: .seconds(7200)) }
    options.uniqueness = Uniqueness(key: "a b", scope: .target, period: .seconds(86_400))
    return options
  }
}

extension EngineBench {
  /// The first step of the lane `main`, made due if it waits for its next attempt.
  func claimDue() async throws -> ClaimedStep {
    _ = try await pool.execute("UPDATE steps SET ready_at = now() WHERE state = 0")
    _ = try await ReadyDuty(pool: pool, dispatcher: dispatcher, metrics: metrics).run()
    return try #require(try await claimer().claim(.main, limit: 1).first)
  }
}
