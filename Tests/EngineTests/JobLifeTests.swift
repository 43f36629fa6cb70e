import Jobs
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(2))) struct JobLifeTests {
  @Test func aJobGoesThroughTurnsAndCallsToItsResult() async throws {
    try await EngineBench.with { bench in
      let accepted = try await bench.accept()
      let claimer = bench.claimer()
      let turn = try #require(try await claimer.claim(.main, limit: 4).first)
      let first = try turn.content.get()
      #expect(first.input == "hello" && first.history.isEmpty && turn.attempt == 1)
      #expect(try await bench.job(accepted)?.state == .running)

      let call = ModelCall(id: "c1", skill: "files.read", arguments: ["path": "a"])
      let request = AgentRequest(text: "let me look", calls: [RequestedCall(call)], model: "m")
      #expect(try await bench.finisher.finish(turn, .asked(request)) == .committed)
      #expect(try await bench.job(accepted)?.state == .waiting)

      let skill = try #require(try await claimer.claim(.files, limit: 4).first)
      #expect(
        try skill.content.get().input == ["path": "a"] && skill.target == .skill("files.read"))
      #expect(try await bench.finisher.finish(skill, .finished(["text": "A"])) == .committed)

      let next = try #require(try await claimer.claim(.main, limit: 4).first)
      let history = try next.content.get().history
      #expect(history.map(\.text) == ["let me look"])
      #expect(history.first?.results == ["c1": .success(["text": "A"])])
      #expect(try await bench.finisher.finish(next, .finished("done")) == .committed)

      let job = try #require(try await bench.job(accepted))
      #expect(job.state == .succeeded && job.result == "done" && job.openSteps == 0)
      let steps = try #require(try await bench.reader.steps(of: job.id, user: job.owner(bench)))
      #expect(steps.map(\.state) == [.done, .done, .done])
      let events = try await bench.count("events WHERE job_id = \(job.id.uuid)")
      #expect(events == job.lastSequence)
      #expect(try await bench.count("audit_log WHERE action = 'job.end'") == 1)
    }
  }

  @Test func aFinishWithoutItsClaimChangesNothing() async throws {
    try await EngineBench.with { bench in
      let accepted = try await bench.accept()
      let late = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let second = try #require(try await bench.claimer().claimSuspect(in: [.main]).first)
      #expect(second.id == late.id && second.attempt == 1)
      #expect(try await bench.finisher.finish(late, .finished("stale")) == .lost)
      #expect(try await bench.job(accepted)?.result == nil)
      #expect(try await bench.finisher.finish(second, .finished("fresh")) == .committed)
      #expect(try await bench.job(accepted)?.result == "fresh")
    }
  }

  @Test func aFinishSentTwiceLeavesTheResultAsItWas() async throws {
    try await EngineBench.with { bench in
      let accepted = try await bench.accept()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      #expect(try await bench.finisher.finish(step, .finished("kept")) == .committed)
      let ended = try await bench.job(accepted)
      // As after a COMMIT whose answer was lost.
      #expect(try await bench.finisher.finish(step, .finished("kept")) == .lost)
      #expect(try await bench.job(accepted) == ended)
      #expect(ended?.result == "kept")
    }
  }

  @Test func aStepThatCannotBeReadDoesNotStopItsNeighbours() async throws {
    try await EngineBench.with { bench in
      let broken = try await bench.accept()
      let sound = try await bench.accept()
      if case .stored(let id, _) = broken {
        _ = try await bench.pool.execute(
          "UPDATE jobs SET input = set_byte(input, 20, 255 - get_byte(input, 20)) WHERE id = \(id.uuid)"
        )
      }
      let steps = try await bench.claimer().claim(.main, limit: 2)
      #expect(steps.count == 2)
      #expect(throws: StepFailure.self) { try steps[0].content.get() }
      #expect(try steps[1].content.get().input == "hello")
      _ = try await bench.finisher.finish(steps[1], .finished("ok"))
      #expect(try await bench.job(sound)?.result == "ok")
    }
  }

  @Test func aStepWithALowerRankThanTheLastClaimIsFound() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept()
      let claimer = bench.claimer()
      let first = try #require(try await claimer.claim(.main, limit: 1).first)
      _ = try await bench.accept()
      _ = try await claimer.claim(.main, limit: 1)
      #expect(try await bench.finisher.finish(first, .released) == .committed)
      #expect(try await claimer.claim(.main, limit: 1).first?.id == first.id)
    }
  }

  @Test func aStepThatKillsItsWorkerEachTimeIsDeadAfterFourChargedCrashes() async throws {
    try await EngineBench.with { bench in
      let accepted = try await bench.accept()
      _ = try await bench.claimer().claim(.main, limit: 1)
      for crash in 1...4 {
        try await bench.lapse()
        _ = try await bench.reaper().run()
        if crash < 4 {
          #expect(try await bench.claimer().claimSuspect(in: [.main]).count == 1)
        }
      }
      let job = try #require(try await bench.job(accepted))
      #expect(job.state == .failed && job.error?.code == "worker_crashed")
    }
  }

  @Test func aFailureThatMayPassIsTriedAgainLater() async throws {
    try await EngineBench.with { bench in
      let accepted = try await bench.accept()
      let claimer = bench.claimer()
      let step = try #require(try await claimer.claim(.main, limit: 1).first)
      let busy = StepFailure(.transient, code: "busy", message: "busy")
      #expect(try await bench.finisher.finish(step, .failed(busy)) == .committed)
      #expect(try await bench.count("steps WHERE state = 0 AND ready_at > now()") == 1)
      _ = try await bench.pool.execute("UPDATE steps SET ready_at = now() WHERE state = 0")
      _ = try await ReadyDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics
      ).run()
      let again = try #require(try await claimer.claim(.main, limit: 1).first)
      #expect(again.attempt == 2)
      #expect(try await bench.job(accepted)?.state == .running)
    }
  }

  @Test func aReleasedStepDoesNotCountAsTried() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept()
      let claimer = bench.claimer()
      let step = try #require(try await claimer.claim(.main, limit: 1).first)
      #expect(try await bench.finisher.finish(step, .released) == .committed)
      #expect(try await claimer.claim(.main, limit: 1).first?.attempt == 1)
    }
  }

  @Test func stepsOfALaneStartInTheOrderOfTheirJobs() async throws {
    try await EngineBench.with { bench in
      var ids: [JobID] = []
      for _ in 0..<10 {
        if case .stored(let id, _) = try await bench.accept() { ids.append(id) }
      }
      let claimer = bench.claimer()
      var claimed: [JobID] = []
      for _ in 0..<5 { claimed += try await claimer.claim(.main, limit: 2).map(\.job) }
      #expect(claimed == ids)
    }
  }
}

extension EngineBench {
  /// Lets all leases run out.
  func lapse() async throws {
    _ = try await pool.execute(
      "UPDATE steps SET lease_until = now() - interval '1 s' WHERE state = 3")
  }
}

extension JobRecord {
  fileprivate func owner(_ bench: EngineBench) -> UserID { bench.principal.user }
}
