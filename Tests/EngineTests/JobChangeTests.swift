import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// What changes a job, and how that shows.
@Suite(.timeLimit(.minutes(1))) struct JobChangeTests {
  @Test func eachChangeOfAJobIsAnEventAndAnotherTag() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.start = .after(.seconds(60))
      let id = try await bench.acceptedID(options: options)
      let editor = bench.editor()
      var tags = [try await bench.job(.replayed(id))?.entityTag]
      _ = try await editor.prioritize(id, .high, by: bench.principal)
      tags.append(try await bench.job(.replayed(id))?.entityTag)
      _ = try await editor.reschedule(
        id, to: .after(.seconds(90)), input: nil, by: bench.principal)
      tags.append(try await bench.job(.replayed(id))?.entityTag)
      _ = try await editor.reschedule(
        id, to: .after(.seconds(120)), input: "other", by: bench.principal)
      let job = try #require(try await bench.job(.replayed(id)))
      tags.append(job.entityTag)
      #expect(Set(tags).count == 4 && job.lastSequence == 4 && job.input == "other")
      let events = try await EventReader(pool: bench.pool, content: bench.content)
        .events(of: id, after: 1)
      #expect(events.map(\.type) == [.changed, .changed, .changed])
      #expect(
        events.map(\.content)
          == [.change(["priority"]), .change(["run_at"]), .change(["run_at", "input"])])
    }
  }

  @Test func whatChangesNothingIsNoEvent() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      _ = try await bench.editor().prioritize(id, .normal, by: bench.principal)
      _ = try await bench.editor().reschedule(
        id, to: .after(.seconds(5)), input: nil, by: bench.principal)
      #expect(try await bench.job(.replayed(id))?.lastSequence == 1)
    }
  }

  @Test func anEarlierNextAttemptIsAnEvent() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      _ = try await bench.finisher.finish(
        try await bench.claimDue(), .failed(StepFailure(.transient, code: "x", message: "x")))
      let before = try #require(try await bench.job(.replayed(id)))
      _ = try await bench.editor().reschedule(
        id, to: .after(.zero), input: nil, by: bench.principal)
      let after = try #require(try await bench.job(.replayed(id)))
      #expect(after.lastSequence == before.lastSequence + 1)
      #expect(after.terms == before.terms && after.input == before.input)
    }
  }

  @Test func aUniqueKeyThatIsFreeAgainChangesTheTagOfAJobThatIsOver() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.uniqueness = Uniqueness(key: "k", period: .seconds(3600))
      let id = try await bench.acceptedID(options: options)
      _ = try await bench.finisher.finish(try await bench.claimDue(), .finished("done"))
      let held = try #require(try await bench.job(.replayed(id)))
      _ = try await bench.pool.execute("UPDATE jobs SET unique_until = now()")
      _ = try await bench.pool.execute(DutyStatements.forgetUniqueKeys)
      let free = try #require(try await bench.job(.replayed(id)))
      #expect(held.terms.uniqueKey == "k" && free.terms.uniqueKey == nil)
      #expect(held.lastSequence == free.lastSequence && held.entityTag != free.entityTag)
    }
  }
}
