import Foundation
import Jobs
import Postgres
import Security
import Storage
import Testing

@testable import Engine

/// What the history tells of attempts that failed.
@Suite(.timeLimit(.minutes(1))) struct AttemptHistoryTests {
  private static let busy = StepFailure(.transient, code: "busy", message: "not now")

  @Test func aFailedAttemptIsToldWithItsErrorAndWhenItIsTriedAgain() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .failed(Self.busy))
      let change = try #require(try await bench.changes(of: job).first)
      #expect(change.state == .pending && change.attempt == 1 && change.error == Self.busy)
      let due: Date = try #require(
        try await bench.pool.query("SELECT ready_at FROM steps").first?.decode("ready_at"))
      #expect(abs(try #require(change.retryAt).timeIntervalSince(due)) < 0.002)
      let open: SQL = "events WHERE position('not now'::bytea IN content) > 0"
      #expect(try await bench.count(open) == 0)
      try await bench.makeReady()
      let again = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      let last = StepFailure(.badInput, code: "x", message: "no")
      _ = try await bench.finisher.finish(again, .failed(last))
      let attempts = try #require(
        try await bench.reader.steps(of: job, user: bench.principal.user)?.first?.failedAttempts)
      #expect(attempts.map(\.error) == [Self.busy, last])
      #expect(attempts.map(\.state) == [.pending, .dead] && attempts.map(\.attempt) == [1, 2])
      #expect(attempts.map { $0.retryAt != nil } == [true, false])
    }
  }

  @Test func aCrashIsToldAlthoughItTakesNoAttempt() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      _ = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let types = try await bench.feed.events.events(of: job, after: 0).map(\.type)
      #expect(types == [.queued, .started, .step])
      let change = try #require(try await bench.changes(of: job).first)
      #expect(change.state == .ready && change.error?.code == "worker_lost")
      #expect(change.error?.class == .crashed && change.retryAt == nil)
      let step = try #require(
        try await bench.reader.steps(of: job, user: bench.principal.user)?.first)
      #expect(step.attempt == 0 && step.error == nil)
      #expect(step.failedAttempts.map(\.state) == [.ready])
    }
  }

  @Test func whatSucceedsOrIsGivenBackTellsOfNoFailure() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .released)
      let again = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(again, .finished(["text": "done"]))
      #expect(try await bench.count("events WHERE content IS NOT NULL") == 0)
      let steps = try await bench.reader.steps(of: job, user: bench.principal.user)
      #expect(steps?.map(\.failedAttempts) == [[]])
    }
  }

  @Test func aHistoryIsReadAlsoWhereAnErrorCannotBeOpened() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .failed(Self.busy))
      _ = try await bench.pool.execute(
        "UPDATE events SET content = sha512('') WHERE content IS NOT NULL")
      let change = try #require(try await bench.changes(of: job).first)
      #expect(change.state == .pending && change.error == nil)
    }
  }

  @Test func ofManyRateLimitedWaitsTheHistoryTellsOfSome() {
    var plan = JobPlan(
      job: LockedJob(
        id: JobID(), user: UserID(), priority: .normal, state: .queued, open: 1, nextIndex: 1,
        lastSequence: 1, hasStarted: true, target: .agent("main"), replyKey: []))
    let step = StepID()
    for run in 1...100 {
      plan.apply(
        ClosedStep(
          id: step, index: 0, turn: nil, target: .agent("main"), state: .pending,
          startedAt: Date(timeIntervalSince1970: 1), run: run, delay: .seconds(2)),
        outcome: .failed(StepFailure(.rateLimited, code: "rate_limited", message: "")))
    }
    #expect(plan.retried.count == 100)
    let told = Array(1...10) + stride(from: 20, through: 100, by: 10)
    #expect(plan.events.compactMap(\.attempt) == told)
    #expect(plan.failures.count == 19 && plan.failures[2]?.delay == .seconds(2))
  }

  @Test func aLongMessageIsCut() {
    let failure = StepFailure(
      .transient, code: "x", message: String(repeating: "ü", count: 5_000))
    let message = AttemptFailure(failure, delay: nil).failure.message
    #expect(message.count == 1_000 && message.hasSuffix("ü…"))
  }
}

extension EngineBench {
  /// The changes of steps in a job's history.
  fileprivate func changes(of job: JobID) async throws -> [StepChange] {
    try await feed.events.events(of: job, after: 0).compactMap { event in
      if case .step(let change) = event.content { change } else { nil }
    }
  }

  /// Lets the time of all retries come.
  fileprivate func makeReady() async throws {
    _ = try await pool.execute("UPDATE steps SET ready_at = now() WHERE state = 0")
    _ = try await ReadyDuty(pool: pool, dispatcher: dispatcher, metrics: metrics).run()
  }
}
