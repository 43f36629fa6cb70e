import Jobs
import Postgres
import Storage
import Testing

@testable import WorkerRuntime

/// What a worker claims that gets no tickets, as its broker is away.
@Suite(.timeLimit(.minutes(1))) struct ClaimingTests {
  @Test func lowHasItsShareOfWhatIsClaimedWithoutTickets() async throws {
    try await WorkerBench.with { bench in
      for _ in 0..<30 { _ = try await bench.accept(.high) }
      let low = Set([try await bench.accept(.low), try await bench.accept(.low)])
      bench.startWorker()
      let runs = await bench.nextRuns(25)
      #expect(low.isSubset(of: runs))
    }
  }

  @Test func nothingIsClaimedBeforeItIsKnownWhatIsPaused() async throws {
    try await WorkerBench.with { bench in
      _ = try await bench.pool.pipeline([
        "INSERT INTO pauses (key, reason, owner) VALUES ('skill:files.note', 'r', 'o')",
        "ALTER TABLE limits RENAME TO limits_away",
      ])
      _ = try await bench.accept()
      bench.startWorker()
      // Its second sign of life: it has had some seconds for a claim.
      try await bench.wait(for: "workers WHERE seen_at > started_at + interval '4 s'")
      #expect(try await bench.count("steps WHERE state = 1 AND runs = 0") == 1)
      _ = try await bench.pool.execute("ALTER TABLE limits_away RENAME TO limits")
      try await bench.wait(for: "steps WHERE state <> 1")
      try await bench.wait(for: "steps WHERE state <> 3")
      #expect(try await bench.count("steps WHERE held_by = 'pause:skill:files.note'") == 1)
    }
  }

  @Test func aSuspectOfALaneThatIsNotPausedRuns() async throws {
    try await WorkerBench.with { bench in
      let job = try await bench.accept()
      _ = try await bench.pool.pipeline([
        "UPDATE steps SET is_suspect = true",
        "INSERT INTO pauses (key, reason, owner) VALUES ('lane:skill.files.low', 'r', 'o')",
      ])
      bench.startWorker()
      #expect(await bench.nextRuns(1) == [job])
    }
  }

  @Test func aSuspectOfAPausedLaneWaits() async throws {
    try await WorkerBench.with { bench in
      let paused = try await bench.accept(.high)
      let job = try await bench.accept()
      _ = try await bench.pool.pipeline([
        "UPDATE steps SET is_suspect = true",
        "INSERT INTO pauses (key, reason, owner) VALUES ('lane:skill.files.high', 'r', 'o')",
      ])
      bench.startWorker()
      #expect(await bench.nextRuns(1) == [job])
      _ = try await bench.pool.execute("DELETE FROM pauses")
      #expect(await bench.nextRuns(1) == [paused])
    }
  }

  @Test func whatAClaimGotThatFailedAfterItsCommitIsRunByTheSameWorker() async throws {
    try await WorkerBench.with { bench in
      _ = try await bench.pool.pipeline([
        "INSERT INTO limits (key, maximum) VALUES ('skill:files.note', 1)",
        "ALTER FUNCTION take_slots RENAME TO take_slots_away",
      ])
      let job = try await bench.accept()
      bench.startWorker()
      try await bench.wait(for: "steps WHERE state = 3")
      _ = try await bench.pool.execute("ALTER FUNCTION take_slots_away RENAME TO take_slots")
      #expect(await bench.nextRuns(1) == [job])
      try await bench.wait(for: "steps WHERE state = 4 AND runs = 1 AND crashes = 0")
    }
  }
}
