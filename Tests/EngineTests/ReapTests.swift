import Jobs
import Postgres
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
