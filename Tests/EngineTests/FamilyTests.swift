import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Delegation: jobs that other jobs wait for.
@Suite(.timeLimit(.minutes(1))) struct FamilyTests {
  @Test func aDelegatedJobsResultIsTheResultOfTheCall() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      #expect(try await bench.job(.replayed(parent))?.state == .waiting)
      let step = try #require(try await bench.claimer().claim(.coder, limit: 1).first)
      #expect(step.job == child && step.depth == 1)
      #expect(try step.content.get().input == "list files")
      _ = try await bench.finisher.finish(step, .finished(["text": "two files"]))
      let next = try await bench.nextTurn()
      let result = try next.content.get().history.first?.results.values.first?.get()
      #expect(result == ["text": "two files"])
      _ = try await bench.finisher.finish(next, .finished(["text": "done"]))
      #expect(try await bench.job(.replayed(parent))?.state == .succeeded)
      #expect(try await bench.count("children") == 0)
    }
  }

  @Test func aFailedChildIsAnErrorThatTheModelReads() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.delegated()
      try await bench.failChild()
      let next = try await bench.nextTurn()
      let result = try next.content.get().history.first?.results.values.first
      guard case .failure(let failure) = result else {
        Issue.record("no failure")
        return
      }
      #expect(failure.code == "delegate_failed" && failure.class == .badInput)
    }
  }

  @Test func aChildThatMustNotFailFailsTheJob() async throws {
    try await EngineBench.with { bench in
      let (parent, _) = try await bench.delegated(onFailure: .fail)
      try await bench.failChild()
      let job = try await bench.ended(parent)
      #expect(job.state == .failed && job.error?.code == "delegate_failed")
    }
  }

  @Test func anIgnoredFailureIsNull() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.delegated(onFailure: .ignore)
      try await bench.failChild()
      let next = try await bench.nextTurn()
      #expect(try next.content.get().history.first?.results.values.first == .success(.null))
    }
  }

  @Test func cancellingAJobCancelsAllBelowIt() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      let step = try #require(try await bench.claimer().claim(.coder, limit: 1).first)
      _ = try await bench.canceller.cancel(parent, by: bench.principal)
      #expect(try await bench.job(.replayed(parent))?.state == .cancelled)
      while try await bench.count("jobs WHERE cancel_at IS NULL") > 0 {}
      _ = try await bench.finisher.finish(step, .cancelled(partial: ""))
      let job = try #require(try await bench.job(.replayed(child)))
      #expect(job.state == .cancelled && job.error?.code == "parent_ended")
      while try await bench.count("children") > 0 {}
    }
  }

  @Test func aTreeIsCancelledFromAnyOfItsJobs() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      _ = try await bench.canceller.cancel(child, wholeTree: true, by: bench.principal)
      #expect(try await bench.ended(parent).state == .cancelled)
      #expect(try await bench.ended(child).state == .cancelled)
    }
  }

  @Test func whatADyingProcessLeftIsTakenIn() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      // As if the process had died between the commit of the end and what follows from it.
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 7, open = 0 WHERE id = \(child.uuid)")
      let duty = FamilyDuty(pool: bench.pool, families: bench.families)
      _ = try await duty.run()
      #expect(try await bench.nextTurn().job == parent)
    }
  }
}

extension EngineBench {
  /// A job that waits for one that it has delegated.
  func delegated(
    onFailure: Delegation.FailurePolicy = .continue, options: JobOptions = JobOptions()
  ) async throws -> (parent: JobID, child: JobID) {
    let parent = try await acceptedID(options: options)
    let step = try #require(try await claimer().claim(.main, limit: 1).first)
    let call = ModelCall(
      id: "1", skill: "delegate.coder",
      arguments: ["message": "list files", "on_failure": .string(onFailure.name)])
    _ = try await finisher.finish(
      step, .asked(AgentRequest(text: "", calls: [RequestedCall(call)], model: "m")))
    let row = try #require(try await pool.query("SELECT job_id FROM children").first)
    return (parent, JobID(try row.decode("job_id", as: UUID.self)))
  }

  func failChild() async throws {
    let step = try #require(try await claimer().claim(.coder, limit: 1).first)
    _ = try await finisher.finish(
      step, .failed(StepFailure(.badInput, code: "x", message: "no")))
  }

  /// The turn that follows; it comes a moment after the end of what it waited for.
  func nextTurn() async throws -> ClaimedStep {
    let claimer = claimer()
    while true {
      if let step = try await claimer.claim(.main, limit: 1).first { return step }
    }
  }

  func ended(_ job: JobID) async throws -> JobRecord {
    while true {
      if let record = try await self.job(.replayed(job)), record.state.isFinal { return record }
    }
  }
}

extension Lane {
  static let coder = Lane(pool: Target.agent("coder").pool, priority: .normal)
}
