import Jobs
import Observability
import Postgres
import Security
import Storage
import TestSupport
import Testing

@testable import Engine

/// When the steps of vanished workers are taken back.
@Suite(.timeLimit(.minutes(1))) struct ReapTests {
  @Test func aNodeThatHasJustStartedRestsOnWhatOthersHaveSeen() async throws {
    try await EngineBench.with { bench in
      try await bench.lapsed()
      try await bench.watch(steadyFor: 16, unseenFor: 1)
      _ = try await bench.reaper(waitsAfterOutage: true).run()
      #expect(try await bench.count("steps WHERE state = 1") == 1)
    }
  }

  @Test func nothingIsTakenBackWithinALeaseAfterAnOutage() async throws {
    try await EngineBench.with { bench in
      try await bench.lapsed()
      let reaper = bench.reaper(waitsAfterOutage: true)
      // Nobody has ever looked.
      _ = try await reaper.run()
      #expect(try await bench.count("steps WHERE state = 3") == 1)
      try await bench.watch(steadyFor: 3600, unseenFor: 6)
      _ = try await reaper.run()
      #expect(try await bench.count("steps WHERE state = 3") == 1)
      try await bench.watch(steadyFor: 14, unseenFor: 0)
      _ = try await reaper.run()
      #expect(try await bench.count("steps WHERE state = 3") == 1)
    }
  }

  @Test func textThatCannotBeReadKeepsNobodyElseWaiting() async throws {
    try await EngineBench.with { bench in
      let jobs = [try await bench.acceptedID(), try await bench.acceptedID()]
      let steps = try await bench.claimer().claim(.main, limit: 2)
      for step in steps {
        for (offset, piece) in [(0, "one "), (4, "two")] {
          _ = try await bench.texts.store([
            TurnText(step: step, offset: offset, bytes: Array(piece.utf8))
          ])
        }
      }
      let spoilt = SealedContent.row(of: steps[0].id, run: steps[0].run, offset: 0)
      _ = try await bench.pool.execute(
        """
        UPDATE events SET content = \(try bench.content.seal("x", .jobInput, row: spoilt).bytes)
        WHERE job_id = \(steps[0].job.uuid) AND position = 4
        """)
      for job in jobs { _ = try await bench.canceller.cancel(job, by: bench.principal) }
      try await bench.lapse()
      _ = try await bench.reaper().run()
      #expect(try await bench.job(.replayed(steps[0].job))?.result?["text"] == "one ")
      #expect(try await bench.job(.replayed(steps[1].job))?.result?["text"] == "one two")
    }
  }

  @Test func aDutyThatFailsIsCounted() async {
    let (failures, heard) = AsyncStream<Void>.makeStream()
    let metrics = Metrics()
    let loop = Task {
      await DutyLoop(
        duty: FailingDuty(heard: heard), metrics: metrics, logger: TestDatabase.quiet
      ).run()
    }
    for await _ in failures { break }
    loop.cancel()
    await loop.value
    #expect(metrics.snapshot().value(.dutyFailures, ["reap"]) == 1)
  }
}

private struct FailingDuty: Duty {
  struct Failure: Error {}

  let name = "reap"
  let interval = Duration.seconds(60)
  let heard: AsyncStream<Void>.Continuation

  func run() async throws -> Bool { throw Failure() }

  func failed() async { heard.yield() }
}

extension EngineBench {
  /// A step that runs, and whose lease has run out.
  fileprivate func lapsed() async throws {
    _ = try await acceptedID()
    _ = try #require(try await claimer().claim(.main, limit: 1).first)
    _ = try await pool.execute("UPDATE steps SET lease_until = now() - interval '10 s'")
  }

  /// What the gateways have seen of the database, in seconds.
  fileprivate func watch(steadyFor steady: Int64, unseenFor unseen: Int64) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO database_watch (steady_since, seen_at)
      VALUES (now() - \(steady) * interval '1 s', now() - \(unseen) * interval '1 s')
      ON CONFLICT (id) DO UPDATE SET steady_since = EXCLUDED.steady_since,
        seen_at = EXCLUDED.seen_at
      """)
  }
}
