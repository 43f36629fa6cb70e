import Foundation
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// What sessions count while several transactions are at them.
@Suite(.timeLimit(.minutes(1))) struct SessionRaceTests {
  static let waiting: SQL = """
    SELECT 1 AS waits FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
    """

  @Test func aJobThatTwoTakeOutOfItsSessionCountsOnce() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      let first = try await bench.acceptedID(options: options)
      for _ in 0..<2 { _ = try await bench.acceptedID(options: options) }
      // As if the process had died between the end of the job and what follows from it.
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 6, open = 0 WHERE id = \(first.uuid)")
      let leave = SessionStatements.leave([first])
      let other = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(leave)
        let other = Task { try await bench.pool.query(leave) }
        while try await bench.pool.query(Self.waiting).isEmpty {}
        _ = try await transaction.commit(after: [])
        return other
      }
      _ = try await other.value
      #expect(try await bench.count("session_jobs") == 2)
      #expect(try await bench.count("sessions WHERE live = 2") == 1)
    }
  }

  @Test func aScheduleLocksTheSessionsThatItLeavesAndJoinsInOneOrder() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      var request = bench.schedule("s")
      request.overlap = .cancel
      request.job = bench.job(in: "a")
      _ = try await book.create(request, by: bench.principal)
      let due: SQL = "UPDATE schedules SET next_at = date_trunc('minute', now()), last_at = NULL"
      _ = try await bench.pool.execute(due)
      _ = try await bench.scheduleDuty().run()
      var options = JobOptions()
      options.session = SessionName("b")
      _ = try await bench.acceptedID(options: options)
      var change = ScheduleChange()
      change.session = .some(SessionName("b"))
      _ = try await book.edit("s", change, by: bench.principal)
      _ = try await bench.pool.pipeline([due, "DELETE FROM schedule_ticks"])
      let firing = try await bench.pool.transaction { transaction in
        _ = try await transaction.query("SELECT 1 AS n FROM sessions WHERE name = 'a' FOR UPDATE")
        let firing = Task { try await bench.scheduleDuty().run() }
        while try await bench.pool.query(SessionRaceTests.waiting).isEmpty {}
        let free = try await transaction.query(
          "SELECT 1 AS n FROM sessions WHERE name = 'b' FOR UPDATE SKIP LOCKED")
        #expect(free.count == 1)
        _ = try await transaction.commit(after: [])
        return firing
      }
      _ = try await firing.value
      #expect(try await bench.count("jobs WHERE state = 6") == 1)
      #expect(try await bench.count("sessions WHERE name = 'b' AND live = 2") == 1)
      #expect(try await bench.count("sessions WHERE name = 'a' AND live = 0") == 1)
    }
  }

  @Test func whoForgetsTicketsAndWhoRingsAgainDoNotDeadlock() async throws {
    try await EngineBench.with { bench in
      let jobs = try (0..<200).map { _ in try bench.newJob() }
      _ = try await bench.pool.query(AcceptStatements.accept(jobs))
      let forget = DutyStatements.confirm(jobs.map(\.step))
      for _ in 0..<20 {
        _ = try await bench.pool.pipeline([
          // The last of them come first in their lane.
          """
          UPDATE steps SET state = 2, held_by = 'pause:agent:main',
            rank = -('x' || right(id::text, 7))::bit(28)::int
          """,
          """
          INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
          SELECT id, job_id, pool, priority, now() + interval '1 h' FROM steps ON CONFLICT DO NOTHING
          """,
        ])
        async let rung = bench.pool.query(GateStatements.promoteFree)
        async let forgotten = bench.pool.execute(forget)
        let (rows, count) = try await (rung, forgotten)
        #expect(rows.count == 200 && count <= 200)
      }
    }
  }
}

extension EngineBench {
  fileprivate func job(in session: String) -> JobRequest {
    var options = JobOptions()
    options.session = SessionName(session)
    return JobRequest(target: .agent("main"), input: "x", priority: .normal, options: options)
  }
}
