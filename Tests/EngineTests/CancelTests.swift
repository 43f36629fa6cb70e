import Foundation
import Jobs
import Postgres
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct CancelTests {
  @Test func whatWaitsIsCancelledAtOnce() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      #expect(try await bench.canceller.cancel(id, by: bench.principal) == .accepted)
      let job = try #require(try await bench.job(.replayed(id)))
      #expect(job.state == .cancelled && job.openSteps == 0 && job.cancelRequestedAt != nil)
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      #expect(try await bench.canceller.cancel(id, by: bench.principal) == .accepted)
      #expect(try await bench.count("audit_log WHERE action = 'job.cancel'") == 1)
    }
  }

  @Test func whatRunsIsToldAndKeepsWhatItHadWritten() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let claimer = bench.claimer()
      let step = try #require(try await claimer.claim(.main, limit: 1).first)
      #expect(try await claimer.cancelled(among: [id]).isEmpty)
      #expect(try await bench.canceller.cancel(id, by: bench.principal) == .accepted)
      #expect(try await bench.job(.replayed(id))?.state == .running)
      #expect(try await claimer.cancelled(among: [id]) == [id])
      _ = try await bench.finisher.finish(step, .cancelled(partial: "half an ans"))
      let job = try #require(try await bench.job(.replayed(id)))
      #expect(job.state == .cancelled)
      #expect(job.result == ["text": "half an ans", "partial": true])
    }
  }

  @Test func anAnswerThatCameAfterTheCancellationIsKeptAsPartial() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.canceller.cancel(id, by: bench.principal)
      _ = try await bench.finisher.finish(step, .finished(["text": "all of it"]))
      let job = try #require(try await bench.job(.replayed(id)))
      #expect(job.state == .cancelled && job.result?["text"] == "all of it")
    }
  }

  @Test func aCancelledJobIsNeverRevived() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.canceller.cancel(id, by: bench.principal)
      let failure = StepFailure(.transient, code: "x", message: "x")
      _ = try await bench.finisher.finish(step, .failed(failure))
      #expect(try await bench.job(.replayed(id))?.state == .cancelled)
      #expect(try await bench.count("steps WHERE state IN (0, 1, 3)") == 0)
    }
  }

  @Test func aJobThatEndedFirstStaysAsItIs() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .finished(["text": "done"]))
      #expect(try await bench.canceller.cancel(id, by: bench.principal) == .over(.succeeded))
      #expect(try await bench.job(.replayed(id))?.state == .succeeded)
    }
  }

  @Test func whatAVanishedWorkerHadStoredIsKept() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      for (offset, piece) in [(0, "Grüße "), (8, "aus")] {
        _ = try await bench.texts.store([
          TurnText(step: step, offset: offset, bytes: Array(piece.utf8))
        ])
      }
      _ = try await bench.canceller.cancel(id, by: bench.principal)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let job = try #require(try await bench.job(.replayed(id)))
      #expect(job.state == .cancelled)
      #expect(job.result == ["text": "Grüße aus", "partial": true])
    }
  }

  @Test func nobodyCancelsTheJobsOfOthers() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let other = Principal(
        user: UserID(), userName: "other", token: bench.principal.token,
        role: bench.principal.role)
      #expect(try await bench.canceller.cancel(id, by: other) == nil)
      #expect(try await bench.job(.replayed(id))?.state == .queued)
    }
  }
}
