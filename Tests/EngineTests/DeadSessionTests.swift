import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Dead letters of jobs whose session runs them one after the other.
@Suite(.timeLimit(.minutes(1))) struct DeadSessionTests {
  @Test func aDeadJobOfAScheduleIsRedrivenInItsSession() async throws {
    try await EngineBench.with { bench in
      let schedule = try await bench.scheduleBook().create(
        bench.schedule("nightly"), by: bench.principal)
      try await bench.fire()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .failed(Self.no))
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let new = try #require(redrive.redriven.first?.newJob)
      #expect(redrive.skipped.isEmpty)
      let session = SessionName("schedule:\(schedule.id)")
      #expect(try await bench.job(.replayed(new))?.terms.session == session)
      // The next tick waits for it.
      try await bench.fire()
      #expect(try await bench.count("steps WHERE state = 2 AND held_by = 'session'") >= 1)
      let again = try await bench.claimer().claim(.main, limit: 5)
      #expect(again.map(\.job) == [new])
      _ = try await bench.finisher.finish(try #require(again.first), .finished(["text": "done"]))
      #expect(try await bench.job(.replayed(new))?.state == .succeeded)
      let next = try #require(try await bench.claimer().claim(.main, limit: 5).first)
      #expect(next.job != new && next.job != step.job)
    }
  }

  @Test func aRedrivenJobOfASessionWaitsForItsLiveJobsAndIsWaitedFor() async throws {
    try await EngineBench.with { bench in
      let dead = try await bench.inSession()
      try await bench.end(.failed(Self.no))
      let live = try await bench.inSession()
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let again = try #require(redrive.redriven.first?.newJob)
      #expect(redrive.redriven.map(\.job) == [dead] && redrive.skipped.isEmpty)
      let late = try await bench.inSession()
      #expect(try await bench.count("outbox WHERE job_id = \(again.uuid)") == 0)
      var order: [JobID] = []
      for _ in 0..<3 { order.append(try await bench.end(.finished(["text": "done"]))) }
      #expect(order == [live, again, late])
      #expect(try await bench.count("session_jobs") == 0)
      #expect(try await bench.count("sessions WHERE live = 0") == 1)
    }
  }

  @Test func allCallsThatAreDoneAgainWaitForTheSession() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.inSession()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      let calls = ["1", "2"].map {
        RequestedCall(ModelCall(id: $0, skill: "files.read", arguments: ["path": .string($0)]))
      }
      _ = try await bench.finisher.finish(
        first, .asked(AgentRequest(text: "", calls: calls, model: "m")))
      for read in try await claimer.claim(.files, limit: 2) {
        _ = try await bench.finisher.finish(read, .failed(Self.no))
      }
      try await bench.end(.finished(["text": "half"]))
      _ = try await bench.inSession()
      let redrive = try await bench.deadLetters().redrive(
        bench.deadFilter("skill.files"), by: bench.principal)
      #expect(redrive.redriven.count == 1)
      #expect(try await claimer.claim(.files, limit: 2).isEmpty)
      try await bench.end(.finished(["text": "done"]))
      #expect(try await claimer.claim(.files, limit: 2).count == 2)
    }
  }

  @Test func redrivesOfASessionRunOneAfterTheOtherWhoeverAsks() async throws {
    try await EngineBench.with { bench in
      var dead: [JobID] = []
      for _ in 0..<4 {
        dead.append(try await bench.inSession())
        try await bench.end(.failed(Self.no))
      }
      let steps = try await bench.deadLetters().list(bench.deadFilter())
      let made = try await withThrowingTaskGroup(of: Int.self) { group in
        for step in steps {
          var filter = bench.deadFilter()
          filter.steps = [step.id]
          group.addTask { [filter] in
            try await bench.deadLetters().redrive(filter, by: bench.principal).redriven.count
          }
        }
        return try await group.reduce(0, +)
      }
      #expect(made == 4)
      var ended: Set<JobID> = []
      for _ in 0..<4 {
        #expect(try await bench.count("steps WHERE state = 1") == 1)
        ended.insert(try await bench.end(.finished(["text": "done"])))
      }
      #expect(ended.count == 4 && ended.isDisjoint(with: dead))
    }
  }

  @Test func aRedrivenJobIsNotForgottenBehindAJobThatIsGone() async throws {
    try await EngineBench.with { bench in
      let first = try await bench.inSession()
      let second = try await bench.inSession()
      // As a redriven job whose turn a race has lost: held from a later step on, and the first.
      _ = try await bench.pool.pipeline([
        "UPDATE steps SET index = 3 WHERE job_id = \(second.uuid)",
        "DELETE FROM session_jobs WHERE job_id = \(first.uuid)",
      ])
      let duty = ReleaseDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(
        try await bench.count("steps WHERE job_id = \(second.uuid) AND state = 1") == 1)
    }
  }

  private static let no = StepFailure(.badInput, code: "x", message: "no")
}

extension EngineBench {
  /// A job of a session.
  fileprivate func inSession() async throws -> JobID {
    var options = JobOptions()
    options.session = SessionName("talk")
    return try await acceptedID(options: options)
  }

  /// Ends the only turn that may run, and tells whose it is.
  @discardableResult
  fileprivate func end(_ outcome: StepOutcome) async throws -> JobID {
    let steps = try await claimer().claim(.main, limit: 5)
    #expect(steps.count == 1)
    let step = try #require(steps.first)
    _ = try await finisher.finish(step, outcome)
    return step.job
  }

  /// Lets one tick of all schedules come, as if those before had been of another day.
  fileprivate func fire() async throws {
    _ = try await pool.pipeline([
      "UPDATE schedules SET next_at = date_trunc('minute', now()), last_at = NULL",
      "DELETE FROM schedule_ticks",
    ])
    _ = try await scheduleDuty().run()
  }
}
