import Foundation
import Jobs
import Observability
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// Partitions that have had their time, and what tables take.
@Suite(.timeLimit(.minutes(1))) struct RetentionTests {
  @Test func aWeekOfEventsGoesOnceNoJobOfItIsLeft() async throws {
    try await EngineBench.with { bench in
      let before = try await bench.partitions()
      let week = try await bench.makeWeek(daysAgo: 60)
      try await bench.backdate(try await bench.dead("a"), days: 60)
      #expect(try await bench.count("\(unsafeRaw: week)") >= 2)
      _ = try await bench.forget()
      try await bench.retain()
      #expect(try await bench.partitions() == (before + [week]).sorted())
      _ = try await bench.pool.execute("UPDATE steps SET settled_at = now()")
      _ = try await bench.forget()
      try await bench.retain()
      // Weeks without jobs that are young, or to come, stay.
      #expect(try await bench.partitions() == before)
      #expect(bench.metrics.snapshot().value(.retentionDeleted, ["jobs"]) == 1)
    }
  }

  @Test func ticksGoAsFastAsTheyCome() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.pool.execute(
        """
        INSERT INTO schedule_ticks (schedule_id, tick, outcome, decided_at)
        SELECT gen_random_uuid(), now(), 'fired', now() - interval '31 days'
        FROM generate_series(1, 1030)
        """)
      let duty = RetainDuty(pool: bench.pool, policy: RetentionPolicy(), metrics: bench.metrics)
      #expect(try await duty.run())
      #expect(try await !duty.run())
      #expect(try await bench.count("schedule_ticks") == 0)
    }
  }

  @Test func whatIsKeptForEverIsNotDropped() async throws {
    try await EngineBench.with { bench in
      let week = try await bench.makeWeek(daysAgo: 600)
      let month = try await bench.makeMonth(daysAgo: 600)
      var policy = RetentionPolicy()
      policy.jobs = nil
      policy.audit = nil
      try await bench.retain(policy)
      #expect(try await bench.partitions().contains(week))
      #expect(try await bench.partitions().contains(month))
    }
  }

  @Test func auditRowsGoByMonthsAndOneByOneWhereTheyLieInNone() async throws {
    try await EngineBench.with { bench in
      let young = try await bench.makeMonth(daysAgo: 300)
      let old = try await bench.makeMonth(daysAgo: 500)
      _ = try await bench.pool.execute(
        """
        INSERT INTO audit_log (at, action, subject, outcome)
        SELECT now() - days * interval '1 day', 'x', 'y', 'done'
        FROM unnest(ARRAY[500, 300, 800, 800, 350]) AS t(days)
        """)
      #expect(try await bench.count("audit_log_default") == 3)
      try await bench.retain()
      let partitions = try await bench.partitions()
      #expect(partitions.contains(young) && !partitions.contains(old))
      #expect(try await bench.count("audit_log WHERE action = 'x'") == 2)
      #expect(bench.metrics.snapshot().value(.retentionDeleted, ["audit_log"]) == 2)
    }
  }

  @Test func nobodyWaitsForAPartitionToGoWhileSomebodyReadsTheTable() async throws {
    try await EngineBench.with { bench in
      let week = try await bench.makeWeek(daysAgo: 60)
      try await bench.pool.transaction { transaction in
        _ = try await transaction.execute("LOCK TABLE events IN ACCESS SHARE MODE")
        let start = ContinuousClock.now
        try await bench.retain()
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(try await bench.partitions().contains(week))
      }
      try await bench.retain()
      #expect(try await bench.partitions().contains(week) == false)
    }
  }

  @Test func severalNodesDropWhatIsThereAndFailAtNothing() async throws {
    try await EngineBench.with { bench in
      let before = try await bench.partitions()
      for days in [60, 70, 80] { _ = try await bench.makeWeek(daysAgo: days) }
      while try await bench.partitions() != before {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<3 { group.addTask { try await bench.retain() } }
          try await group.waitForAll()
        }
      }
      _ = try await bench.acceptedID()
    }
  }

  @Test func aJobWhoseEventsAreGoneIsReadWithoutThem() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.finished()
      _ = try await bench.pool.execute("DELETE FROM events")
      let user = bench.principal.user
      let record = try #require(try await bench.reader.job(job, of: user))
      #expect(record.state == .succeeded && record.result == ["text": "done"])
      #expect(try await bench.reader.steps(of: job, user: user)?.count == 1)
      guard case .open(let stream) = try await bench.feed.open(job, of: user, after: 0) else {
        Issue.record("not open")
        return
      }
      var events: [JobEvent] = []
      for try await batch in stream { events += batch }
      #expect(events.count == 1 && events.first?.type == .succeeded)
      #expect(events.first?.sequence == record.lastSequence)
      if case .ended(let shown)? = events.first?.content { #expect(shown == record) }
      guard
        case .exhausted = try await bench.feed.open(
          job, of: user, after: record.lastSequence)
      else {
        Issue.record("not exhausted")
        return
      }
    }
  }

  @Test(arguments: [true, false])
  func aStreamOfWhatWasOverEndsAlsoIfItIsDeletedMeanwhile(isJobKept: Bool) async throws {
    try await EngineBench.with { bench in
      let job = try await bench.finished()
      // More than a page.
      _ = try await bench.pool.pipeline([
        "UPDATE events SET seq = seq + 1000 WHERE job_id = \(job.uuid) AND seq > 1",
        """
        INSERT INTO events (job_id, seq, at, type)
        SELECT \(job.uuid), seq, now(), \(EventType.changed.rawValue) FROM generate_series(2, 400) AS seq
        """,
        "UPDATE jobs SET last_seq = last_seq + 1000 WHERE id = \(job.uuid)",
      ])
      guard
        case .open(let stream) = try await bench.feed.open(
          job, of: bench.principal.user, after: 0)
      else {
        Issue.record("not open")
        return
      }
      var iterator = stream.makeAsyncIterator()
      #expect(try await iterator.next()?.count == 200)
      _ = try await bench.pool.execute("DELETE FROM events")
      if !isJobKept {
        _ = try await bench.pool.pipeline(["DELETE FROM steps", "DELETE FROM jobs"])
      }
      let last = try await iterator.next()
      #expect(last?.map(\.type) == (isJobKept ? [.succeeded] : nil))
      if isJobKept { #expect(try await iterator.next() == nil) }
    }
  }

  @Test func tablesThatGrowTellWhatTheyTake() async throws {
    #expect(Metric.tableBytes.labels.first?.values == TableSize.tables)
    try await EngineBench.with { bench in
      _ = try await bench.finished()
      _ = try await bench.pool.execute("ANALYZE")
      let sizes = try await QueueReader(pool: bench.pool).tableSizes()
      #expect(Set(sizes.map(\.table)) == Set(TableSize.tables))
      let rows = Dictionary(uniqueKeysWithValues: sizes.map { ($0.table, $0.rows) })
      #expect(rows["jobs"] == 1 && rows["steps"] == 1)
      #expect(rows["events"] ?? 0 >= 2 && rows["audit_log"] ?? 0 >= 2)
      let metrics = try await MonitorTests.monitor(bench).metrics()
      #expect(metrics.value(.tableBytes, ["events"]) ?? 0 >= 8192)
      #expect(metrics.value(.tableRows, ["jobs"]) == 1)
    }
  }
}

extension EngineBench {
  func retain(_ policy: RetentionPolicy = RetentionPolicy()) async throws {
    _ = try await RetainDuty(pool: pool, policy: policy, metrics: metrics).run()
  }

  /// The names of all partitions, in order.
  func partitions() async throws -> [String] {
    try await pool.query(
      """
      SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE relkind = 'r' ORDER BY 1
      """
    ).map { try $0.decode("name", as: String.self) }
  }

  /// Makes the partition of events for the week in which a day lies; answers its name.
  func makeWeek(daysAgo days: Int) async throws -> String {
    try await makePartition(
      of: "events", "week", "7 days", "YYYYMMDD", "uuid_at(lower)", "uuid_at(upper)", days)
  }

  /// Makes the partition of audit_log for the month in which a day lies; answers its name.
  func makeMonth(daysAgo days: Int) async throws -> String {
    try await makePartition(of: "audit_log", "month", "1 month", "YYYYMM", "lower", "upper", days)
  }

  private func makePartition(
    of table: String, _ unit: String, _ step: String, _ format: String, _ lower: String,
    _ upper: String, _ days: Int
  ) async throws -> String {
    let bounds = "date_trunc('\(unit)', now() - interval '\(days) days', 'UTC')"
    let name = try await pool.query(
      SQL(
        unsafeRaw: """
          SELECT '\(table)_' || to_char(\(bounds) AT TIME ZONE 'UTC', '\(format)') AS name
          """)
    ).first?.decode("name", as: String.self)
    let partition = try #require(name)
    _ = try await pool.execute(
      SQL(
        unsafeRaw: """
          DO $$
          DECLARE
            lower timestamptz := \(bounds);
            upper timestamptz := (\(bounds) AT TIME ZONE 'UTC' + interval '\(step)') AT TIME ZONE 'UTC';
          BEGIN
            EXECUTE format('CREATE TABLE \(partition) PARTITION OF \(table) FOR VALUES FROM (%L) TO (%L)',
              \(lower), \(upper));
          END $$
          """))
    return partition
  }
}
