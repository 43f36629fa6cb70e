import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Redriving with another input.
@Suite(.timeLimit(.minutes(1))) struct RedriveInputTests {
  @Test func aNewInputIsCheckedForThoseThatGetItAndNoOthers() async throws {
    try await EngineBench.with { bench in
      let (read, list) = (Target.skill("files.read"), Target.skill("files.list"))
      let old = try await bench.deadCall(read)
      let new = try await bench.deadCall(list)
      // The newest, and not to be redriven.
      _ = try await bench.pool.execute("UPDATE jobs SET state = 3 WHERE id = \(new.uuid)")
      let letters = bench.deadLetters()
      var one = bench.deadFilter("skill.files")
      one.limit = 1
      await #expect(throws: DeadLetters.Refusal.unfit(read)) {
        _ = try await letters.redrive(
          one, input: ["path": "y"], fits: { $0 == list }, by: bench.principal)
      }
      #expect(try await bench.count("jobs") == 2)
      let dry = try await letters.redrive(
        one, input: ["path": "y"], fits: { $0 == read }, isDry: true, by: bench.principal)
      #expect(dry.redriven.map(\.job) == [old])
      let redrive = try await letters.redrive(
        one, input: ["path": "y"], fits: { $0 == read }, by: bench.principal)
      #expect(redrive.redriven.map(\.job) == [old])
      let again = try #require(try await bench.claimer().claim(.files, limit: 1).first)
      #expect(try again.content.get().input == ["path": "y"])
    }
  }

  @Test func aDryRunTellsWhichStepsTakeNoNewInput() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let other = try await bench.principal(named: "other")
      let dry = try await bench.deadLetters().redrive(
        bench.deadFilter(), input: "y", isDry: true, by: other)
      #expect(dry.skipped.map(\.reason) == [RedriveRefusal.notYours.rawValue])
      #expect(dry.redriven.isEmpty)
    }
  }
}

extension EngineBench {
  /// A job of one call, which is dead.
  fileprivate func deadCall(_ target: Target) async throws -> JobID {
    guard case .stored(let id, _) = try await accept(target, input: ["path": "x"]) else {
      throw NotStored()
    }
    let step = try #require(try await claimer().claim(.files, limit: 1).first)
    _ = try await finisher.finish(
      step, .failed(StepFailure(.badInput, code: "x", message: "no")))
    return id
  }
}
