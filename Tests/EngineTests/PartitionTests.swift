import Foundation
import Postgres
import Storage
import TestSupport
import Testing

/// Making the partitions of events and audit rows, whatever is in the way.
@Suite(.timeLimit(.minutes(1))) struct PartitionTests {
  /// Mondays in UTC from now on at which no partition of events begins. Column: `missing`.
  private static let missing: SQL = """
    SELECT count(*) AS missing
    FROM generate_series(date_trunc('week', now() AT TIME ZONE 'UTC'),
      now() AT TIME ZONE 'UTC' + interval '55 weeks', interval '7 days') AS week
    WHERE NOT EXISTS (
      SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = 'events'::regclass AND pg_get_expr(relpartbound, inhrelid)
        LIKE format('%%FROM (''%s'')%%', uuid_at(week AT TIME ZONE 'UTC')))
    """

  /// Column: `made`.
  private static func make(_ time: String) -> SQL {
    "SELECT make_partitions(now() + \(time)::text::interval) AS made"
  }

  @Test func weeksBeginAsInUTCWhateverTheTimeZoneOfTheSession() async throws {
    try await TestDatabase.with { pool, _ in
      // Both changes of its clocks come within the time.
      try await pool.transaction { transaction in
        _ = try await transaction.execute("SET LOCAL timezone = 'Europe/Berlin'")
        _ = try await transaction.query(Self.make("60 weeks"))
        _ = try await transaction.commit(after: [])
      }
      let rows = try await pool.query(Self.missing)
      #expect(try rows.first?.decode("missing", as: Int64.self) == 0)
      let again = try await pool.query(Self.make("60 weeks"))
      #expect(try again.first?.decode("made", as: Int32.self) == 0)
    }
  }

  @Test func weeksThatWereShiftedAreLeftAsTheyAreAndWhatIsOpenIsFilled() async throws {
    try await TestDatabase.with { pool, _ in
      // As it was made where clocks had changed; and one that begins on the day of another one.
      for (start, end) in [("10 weeks", "11 weeks"), ("11 weeks", "12 weeks")] {
        try await pool.shiftedWeek(from: start, to: end, by: "-1 hour")
      }
      try await pool.shiftedWeek(from: "14 weeks", to: "15 weeks", by: "1 hour")
      _ = try await pool.query(Self.make("20 weeks"))
      _ = try await pool.execute(
        """
        INSERT INTO events (job_id, seq, at, type)
        SELECT uuid_at(hour), 1, now(), 1
        FROM generate_series(now(), now() + interval '20 weeks', interval '20 minutes') AS hour
        """)
      #expect(try await pool.count("events_default") == 0)
    }
  }

  @Test func strayRowsMoveIntoTheirPartitionAndAreInTheWayOfNone() async throws {
    try await TestDatabase.with { pool, _ in
      _ = try await pool.execute(
        """
        INSERT INTO events (job_id, seq, at, type)
        SELECT uuid_at(now() + interval '8 weeks'), n, now(), 1 FROM generate_series(1, 3) AS n
        """)
      _ = try await pool.execute(
        """
        INSERT INTO audit_log (at, action, subject, outcome)
        VALUES (now() + interval '100 days', 'x', 'y', 'done')
        """)
      #expect(try await pool.count("events_default") == 3)
      _ = try await pool.query(Self.make("20 weeks"))
      #expect(try await pool.count("events_default") == 0)
      #expect(try await pool.count("audit_log_default") == 0)
      #expect(try await pool.count("events") == 3)
      #expect(try await pool.count("audit_log WHERE action = 'x'") == 1)
      let rows = try await pool.query(Self.make("20 weeks"))
      #expect(try rows.first?.decode("made", as: Int32.self) == 0)
    }
  }

  @Test func whatIsTooMuchToMoveStaysAndKeepsNoOtherPartitionFromBeingMade() async throws {
    try await TestDatabase.with { pool, _ in
      _ = try await pool.execute(
        """
        INSERT INTO events (job_id, seq, at, type)
        SELECT uuid_at(now() + interval '8 weeks'), n, now(), 1 FROM generate_series(1, 50001) AS n
        """)
      let rows = try await pool.query(Self.make("12 weeks"))
      #expect(try rows.first?.decode("made", as: Int32.self) ?? 0 >= 5)
      #expect(try await pool.count("events_default") == 50_001)
      _ = try await pool.execute(
        """
        INSERT INTO events (job_id, seq, at, type)
        SELECT uuid_at(now() + weeks * interval '1 week'), 1, now(), 1
        FROM unnest(ARRAY[7, 9, 11]) AS t(weeks)
        """)
      #expect(try await pool.count("events_default") == 50_001)
    }
  }

  @Test func migratingMakesThePartitionsOfTheComingWeeks() async throws {
    try await TestDatabase.with { pool, _ in
      _ = try await pool.execute(
        """
        DO $$ DECLARE part text; BEGIN
          FOR part IN SELECT inhrelid::regclass::text FROM pg_inherits
            WHERE inhparent = 'events'::regclass AND inhrelid <> 'events_default'::regclass
          LOOP EXECUTE format('DROP TABLE %I', part); END LOOP;
        END $$
        """)
      #expect(try await Schema.migrate(pool).isEmpty)
      _ = try await pool.execute(
        "INSERT INTO events (job_id, seq, at, type) VALUES (uuid_at(now()), 1, now(), 1)")
      #expect(try await pool.count("events_default") == 0)
      let rows = try await pool.query(Self.make("5 weeks"))
      #expect(try rows.first?.decode("made", as: Int32.self) == 0)
    }
  }

  @Test func nobodyWaitsForLongForAPartitionToBeMade() async throws {
    try await TestDatabase.with { pool, _ in
      let make = Self.make("7 weeks")
      try await pool.transaction { transaction in
        _ = try await transaction.execute("LOCK TABLE events_default IN ACCESS SHARE MODE")
        let start = ContinuousClock.now
        let rows = try await pool.query(make)
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(try rows.first?.decode("made", as: Int32.self) ?? 9 <= 1)
      }
      #expect(try await pool.query(make).first?.decode("made", as: Int32.self) ?? 0 >= 1)
    }
  }
}

extension PostgresPool {
  /// Makes a partition of events from one week on to another, each moved by a time.
  fileprivate func shiftedWeek(from start: String, to end: String, by shift: String) async throws {
    func bound(_ weeks: String) -> String {
      "uuid_at(date_trunc('week', now(), 'UTC') + interval '\(weeks)' + interval '\(shift)')"
    }
    _ = try await execute(
      SQL(
        unsafeRaw: """
          DO $$ BEGIN
            EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
              'events_' || to_char(date_trunc('week', now(), 'UTC') + interval '\(start)'
                + interval '\(shift)', 'YYYYMMDD'), \(bound(start)), \(bound(end)));
          END $$
          """))
  }

  fileprivate func count(_ condition: SQL) async throws -> Int64 {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await query(counting + condition).first?.decode("n") ?? -1
  }
}
