import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Claims that do not go as they should.
@Suite(.timeLimit(.minutes(1))) struct ClaimTests {
  @Test func aClaimWhoseStepsAreNotKnownIsRememberedThroughOthers() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 4)
      let job = try await bench.acceptedID()
      let other = try await bench.acceptedID(.skill("files.read"))
      let claimer = bench.claimer()
      // It fails after its COMMIT.
      try await bench.withoutSlots { () async throws in
        await #expect(throws: PostgresError.self) { try await claimer.claim(.main, limit: 4) }
        #expect(await !claimer.isSettled)
        #expect(try await claimer.claim(.files, limit: 4).map(\.job) == [other])
        await #expect(throws: PostgresError.self) { try await claimer.settle() }
      }
      #expect(try await claimer.settle().map(\.job) == [job])
      #expect(await claimer.isSettled)
      #expect(try await claimer.settle().isEmpty)
      #expect(try await bench.count("steps WHERE state = 3 AND runs = 1") == 2)
    }
  }

  @Test func aStepThatThisBuildCannotReadIsPutOffAndKeepsNoOtherWaiting() async throws {
    try await EngineBench.with { bench in
      let later = try await bench.acceptedID()
      let job = try await bench.acceptedID()
      _ = try await bench.pool.execute(
        "UPDATE steps SET kind = 99 WHERE job_id = \(later.uuid)")
      let claimer = bench.claimer()
      #expect(try await claimer.claim(.main, limit: 4).map(\.job) == [job])
      #expect(await claimer.isSettled)
      #expect(
        try await bench.count(
          """
          steps WHERE job_id = \(later.uuid) AND state = 0 AND runs = 0 AND attempt = 0
            AND claim_id IS NULL AND started_at IS NULL
            AND ready_at BETWEEN now() + interval '20 s' AND now() + interval '40 s'
          """) == 1)
      // One that is newer reads it, some time later.
      _ = try await bench.pool.execute("UPDATE steps SET kind = 1, ready_at = now()")
      let duty = ReadyDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(try await claimer.claim(.main, limit: 4).map(\.job) == [later])
    }
  }

  @Test func aClaimThatCanNeverBeTakenUpIsPutOff() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 4)
      _ = try await bench.acceptedID()
      let claimer = bench.claimer()
      _ = try await bench.pool.execute(
        """
        CREATE OR REPLACE FUNCTION take_slots(
          step uuid, claim uuid, keys text[], maxima integer[]) RETURNS text LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '22023'; END $$
        """)
      await #expect(throws: PostgresError.self) { try await claimer.claim(.main, limit: 4) }
      #expect(try await claimer.settle().isEmpty)
      #expect(await claimer.isSettled)
      #expect(try await bench.count("steps WHERE state = 0 AND runs = 0") == 1)
    }
  }
}

extension EngineBench {
  /// Runs the body while no slots of limits can be taken: what needs one fails after its claim.
  fileprivate func withoutSlots(_ body: () async throws -> Void) async throws {
    _ = try await pool.execute("ALTER FUNCTION take_slots RENAME TO take_slots_away")
    try await body()
    _ = try await pool.execute("ALTER FUNCTION take_slots_away RENAME TO take_slots")
  }
}
