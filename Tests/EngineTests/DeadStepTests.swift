import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// One dead step with all that is known of it.
@Suite(.timeLimit(.minutes(1))) struct DeadStepTests {
  @Test func itsOwnerSeesWhatItWorkedOnAndHowItFailed() async throws {
    try await EngineBench.with { bench in
      let step = try await bench.deadCall()
      let shown = try #require(try await bench.show(step, in: "skill.files"))
      #expect(shown.content == .shown(input: "hello", arguments: ["path": "a"]))
      #expect(shown.jobTarget == .agent("main") && shown.step.target == .skill("files.read"))
      #expect(shown.step.error?.message == "no" && shown.failedAttempts.map(\.state) == [.dead])
      #expect(shown.settledAt == nil && shown.redrivenAs == nil)
      // Its job goes on with the error.
      #expect(shown.obstacle == RedriveRefusal.isLive.rawValue)
      #expect(try await bench.show(step, in: "agent.main") == nil)
    }
  }

  @Test func whatWasRedrivenNamesTheNewJob() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.dead("a")
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      let before = try #require(try await bench.show(step))
      #expect(before.obstacle == nil && before.content == .shown(input: "hello", arguments: nil))
      let redrive = try await bench.deadLetters().redrive(bench.deadFilter(), by: bench.principal)
      let after = try #require(try await bench.show(step))
      #expect(after.redrivenAs == redrive.redriven.first?.newJob && after.redrivenAs != nil)
      #expect(after.settledAt != nil && after.obstacle == RedriveRefusal.gone.rawValue)
      #expect(after.step.job == job)
    }
  }

  @Test func whatItsOwnerHasRetriedNamesTheNewJob() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.dead("a")
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      let request = JobRequest(target: .agent("main"), input: "hello", priority: .normal)
      let retry = try await bench.acceptor.accept(
        request, by: bench.principal, requestHash: [], retryOf: old)
      #expect(try await bench.show(step)?.redrivenAs == bench.job(retry)?.id)
    }
  }

  @Test func whatWasDroppedIsStillShown() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      _ = try await bench.deadLetters().drop(bench.deadFilter(), isDry: false, by: bench.principal)
      let shown = try #require(try await bench.show(step))
      #expect(shown.settledAt != nil && shown.redrivenAs == nil)
    }
  }

  @Test func anOperatorSeesAllButWhatItWorkedOnAndOthersNothing() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      let other = try await bench.principal(named: "other")
      #expect(try await bench.show(step, for: other) == nil)
      let role = Role(
        name: "operator", targets: [], maximumPriority: .urgent, mayOperate: true)
      let guest = Principal(
        user: other.user, userName: other.userName, token: other.token, role: role)
      let shown = try #require(try await bench.show(step, for: guest))
      #expect(shown.content == .withheld && shown.step.error?.message == "no")
    }
  }

  @Test func whatCannotBeOpenedIsSaidToBeUnreadable() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.dead("a")
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      _ = try await bench.pool.execute("UPDATE jobs SET input = sha512('')")
      #expect(try await bench.show(step)?.content == .unreadable)
    }
  }

  @Test func anEffectIsShownAndIsAnObstacle() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.dead("a")
      try await bench.noteEffect(of: job)
      let step = try #require(try await bench.deadLetters().list(bench.deadFilter()).first?.id)
      let shown = try #require(try await bench.show(step))
      #expect(shown.effect?.state == .done && shown.obstacle == RedriveRefusal.inDoubt.rawValue)
    }
  }
}

extension EngineBench {
  /// Writes down that the steps of a job have begun what may not be repeated.
  func noteEffect(of job: JobID) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO effects (step_id, job_id, user_id, claim_id, attempt, request_hash, state,
        started_at)
      SELECT id, job_id, user_id, id, 1, sha256(''), 2, now() FROM steps
      WHERE job_id = \(job.uuid)
      """)
  }

  fileprivate func show(
    _ step: StepID, in pool: String = "agent.main", for reader: Principal? = nil
  ) async throws -> DeadStepDetail? {
    try await deadLetters().show(
      step, in: deadFilter(pool).pool, for: reader ?? principal)
  }

  /// A dead call of a job that is not over.
  fileprivate func deadCall() async throws -> StepID {
    _ = try await acceptedID()
    let turn = try #require(try await claimer().claim(.main, limit: 1).first)
    let call = ModelCall(id: "1", skill: "files.read", arguments: ["path": "a"])
    _ = try await finisher.finish(
      turn, .asked(AgentRequest(text: "", calls: [RequestedCall(call)], model: "m")))
    let read = try #require(try await claimer().claim(.files, limit: 1).first)
    _ = try await finisher.finish(
      read, .failed(StepFailure(.badInput, code: "x", message: "no")))
    return read.id
  }
}
