import Foundation
import Jobs
import Logging
import Postgres
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Engine

/// The search for jobs that are not over and have no step to come.
@Suite(.timeLimit(.minutes(1))) struct OrphanTests {
  @Test func healthyJobsInAllTheirStatesAreNone() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.delegated()
      var session = JobOptions()
      session.session = SessionName("talk")
      for _ in 0..<2 { _ = try await bench.acceptedID(options: session) }
      var later = JobOptions()
      later.start = .after(.seconds(3600))
      _ = try await bench.acceptedID(options: later)
      _ = try await bench.dead("over")
      try await bench.limit(.agent("main"), to: 2)
      let running = try await bench.claimer().claim(.main, limit: 4)
      _ = try await bench.finisher.finish(
        try #require(running.first), .failed(StepFailure(.transient, code: "busy", message: "")))
      for _ in 0..<3 { _ = try await bench.acceptedID() }
      _ = try await bench.claimer().claim(.main, limit: 4)
      try await bench.age()
      let sweep = try #require(try await bench.sweep())
      let live = try await bench.count("jobs WHERE state < 4")
      #expect(sweep.orphans == 0 && sweep.jobs.isEmpty && sweep.lookedAt == Int(live))
      #expect(try await bench.count("steps WHERE state IN (0, 1, 2, 3)") >= 8)
    }
  }

  @Test func aJobWithoutStepsAndOneThatCountsWrongAreFound() async throws {
    try await EngineBench.with { bench in
      let jobs = [
        try await bench.acceptedID(), try await bench.acceptedID(), try await bench.acceptedID(),
      ]
      _ = try await bench.pool.execute("DELETE FROM steps WHERE job_id = \(jobs[0].uuid)")
      _ = try await bench.pool.execute("UPDATE jobs SET open = 2 WHERE id = \(jobs[2].uuid)")
      // One that young may be in the middle of something.
      #expect(try await bench.sweep()?.lookedAt == 0)
      try await bench.age()
      let lines = ErrorCount()
      let sweep = try #require(try await bench.sweep(lines.logger))
      #expect(sweep.orphans == 2 && sweep.jobs == [jobs[0], jobs[2]] && sweep.lookedAt == 3)
      #expect(lines.count == 2)
      let again = try await bench.sweep(lines.logger)
      #expect(again?.orphans == 2 && lines.count == 2)
      _ = try await bench.pool.execute("UPDATE jobs SET state = 6, open = 0")
      #expect(try await bench.sweep()?.orphans == 0)
    }
  }

  @Test func aJobThatIsPutRightMeanwhileIsNotCounted() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      _ = try await bench.pool.execute("UPDATE jobs SET open = 2")
      try await bench.age()
      let sweep = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(FinishStatements.lock([job]))
        let sweep = Task { try await bench.sweep() }
        // It has seen the job as it was, and waits for the row.
        while try await bench.count(
          "pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 0
        {}
        _ = try await transaction.execute("UPDATE jobs SET open = 1 WHERE id = \(job.uuid)")
        return sweep
      }
      let report = try await sweep.value
      #expect(report?.orphans == 0 && report?.lookedAt == 1)
    }
  }

  @Test func anOrphanIsEndedByWhatTheManualSays() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      _ = try await bench.pool.execute("DELETE FROM steps")
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      #expect(try await bench.job(.replayed(job))?.state.isFinal == false)
      _ = try await bench.pool.execute(
        """
        UPDATE jobs SET open = (SELECT count(*) FROM steps WHERE job_id = jobs.id AND steps.state < 4)
        WHERE id = \(job.uuid) AND jobs.state < 4
        """)
      _ = try await bench.canceller.cancel(job, by: bench.principal)
      #expect(try await bench.job(.replayed(job))?.state == .cancelled)
    }
  }

  @Test func nodesTakeTurnsAtOneWalkThatBeginsWhereTheFirstLiveJobIs() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.dead("over")
      _ = try await bench.pool.execute(
        """
        INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open, next_index,
          last_seq, grants, reply_key, request_hash, input, created_at, finished_at)
        SELECT (left(uuid_at(now() - interval '2 days')::text, 13) || '-7000-8000-'
            || lpad(to_hex(n), 12, '0'))::uuid, user_id, token_id, root_id, target, priority, 4, 0, 1,
          1, grants, reply_key, '', input, now() - interval '2 days', now() - interval '2 days'
        FROM jobs CROSS JOIN generate_series(1, 5000) AS n WHERE id = \(old.uuid)
        """)
      let lost = try await bench.acceptedID()
      _ = try await bench.pool.execute("DELETE FROM steps WHERE job_id = \(lost.uuid)")
      try await bench.age()
      let duty = OrphanDuty(pool: bench.pool, logger: TestDatabase.quiet)
      for _ in 0..<4 { _ = try await duty.run() }
      // One batch for all of them, as it was not time for the next.
      #expect(try await bench.count("orphan_sweep WHERE swept_at IS NULL AND seen = 0") == 1)
      let sweep = try #require(try await bench.sweep())
      #expect(sweep.lookedAt == 1 && sweep.jobs == [lost])
      let isAhead = try await bench.count(
        "orphan_sweep WHERE position > uuid_at(now() - interval '1 day') AND position < \(lost.uuid)"
      )
      #expect(isAhead == 1)
      #expect(try await bench.sweep()?.jobs == [lost])
    }
  }
}

extension EngineBench {
  /// Makes all jobs older than those that the search passes over.
  func age() async throws {
    _ = try await pool.execute("UPDATE jobs SET created_at = created_at - interval '2 min'")
  }

  /// Lets a search go on now, by a batch, and tells what the last whole one has found.
  func sweep(
    _ logger: Logger = TestDatabase.quiet
  ) async throws -> ReconcilerReport.Sweep? {
    _ = try await pool.execute("UPDATE orphan_sweep SET next_at = now()")
    _ = try await OrphanDuty(pool: pool, logger: logger).run()
    return try await QueueReader(pool: pool).reconciler().sweep
  }
}

/// Counts what is logged as an error.
private final class ErrorCount: Sendable {
  private let errors = Mutex(0)

  var count: Int { errors.withLock { $0 } }

  var logger: Logger { Logger(label: "errors") { _ in Handler(errors: self) } }

  private struct Handler: LogHandler {
    let errors: ErrorCount
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      if event.level == .error { errors.errors.withLock { $0 += 1 } }
    }
  }
}
