import Foundation
import JobQueue
import Jobs
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// Duties whose rounds cost no more, however much there is that they have nothing to do with.
@Suite(.timeLimit(.minutes(1))) struct BoundedDutyTests {
  @Test func aRoundLooksAtSomeDelegatedJobsAndTheNextOneGoesOnBehindThem() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      try await bench.copies(1500, of: child)
      _ = try await bench.pool.execute(
        """
        INSERT INTO children (job_id, parent_id, step_id, on_failure)
        SELECT id, \(parent.uuid), gen_random_uuid(), 0 FROM jobs WHERE id < \(parent.uuid)
        """)
      // As if the process had died between the commit of the end and what follows from it.
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 7, open = 0 WHERE id = \(child.uuid)")
      let duty = FamilyDuty(pool: bench.pool, families: bench.families)
      _ = try await duty.run()
      #expect(try await bench.count("children WHERE job_id = \(child.uuid)") == 1)
      _ = try await duty.run()
      #expect(try await bench.nextTurn().job == parent)
      // Behind the end it begins anew: here with one whose parent is over.
      let orphan = try await bench.pool.query(
        """
        UPDATE children SET parent_id = \(child.uuid)
        WHERE job_id = (SELECT job_id FROM children ORDER BY job_id LIMIT 1) RETURNING job_id
        """)
      #expect(orphan.count == 1)
      _ = try await duty.run()
      #expect(try await bench.count("jobs WHERE cancel_at IS NOT NULL") == 1)
    }
  }

  @Test func aRoundLooksAtSomeJobsOfSessionsAndLetsTheNextOnesGoOn() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      let first = try await bench.acceptedID(options: options)
      let second = try await bench.acceptedID(options: options)
      try await bench.copies(1500, of: first)
      _ = try await bench.pool.execute(
        """
        INSERT INTO session_jobs (user_id, session, position, job_id)
        SELECT user_id, id::text, 1, id FROM jobs WHERE id < \(first.uuid)
        """)
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 7, open = 0 WHERE id = \(first.uuid)")
      _ = try await bench.pool.execute("UPDATE steps SET state = 6 WHERE job_id = \(first.uuid)")
      let duty = ReleaseDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(try await bench.count("session_jobs WHERE job_id = \(first.uuid)") == 1)
      _ = try await duty.run()
      #expect(try await bench.count("session_jobs WHERE job_id = \(first.uuid)") == 0)
      #expect(try await bench.count("sessions WHERE name = 'talk' AND live = 1") == 1)
      #expect(try await bench.claimer().claim(.main, limit: 2).map(\.job) == [second])
    }
  }

  @Test func cancellingABatchGoesOnBehindWhatItHasStopped() async throws {
    try await EngineBench.with { bench in
      let request = BatchRequest()
      let batch = try await bench.families.batches
        .create(request, requestHash: [], by: bench.principal).batch.id
      var options = JobOptions()
      options.batch = batch
      var jobs: [JobID] = []
      for _ in 0..<(BatchDuty.stops + 10) {
        jobs.append(try await bench.acceptedID(options: options))
      }
      _ = try await bench.families.batches.cancel(batch, by: bench.principal)
      let stopper = JobStopper(
        pool: bench.pool, content: bench.content, dispatcher: bench.dispatcher,
        metrics: bench.metrics)
      let duty = BatchDuty(
        pool: bench.pool, batches: bench.families.batches, stopper: stopper,
        families: bench.families)
      #expect(try await duty.run())
      // What lies behind it is not looked at again, though that cannot happen.
      let first = try #require(jobs.first)
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 1, cancel_at = NULL WHERE id = \(first.uuid)")
      #expect(try await duty.run() == false)
      #expect(try await bench.count("jobs WHERE cancel_at IS NULL") == 1)
      _ = try await duty.run()
      #expect(try await bench.count("jobs WHERE cancel_at IS NULL") == 1)
    }
  }

  @Test func aLaneThatTakesNoTicketsDelaysNoOther() async throws {
    try await EngineBench.with { bench in
      while !bench.publisher.isReady { try await Task.sleep(for: .milliseconds(10)) }
      try await bench.strayTickets(999)
      // Stored behind the dispatcher's back, as if the process had died after COMMIT.
      _ = try await bench.pool.query(AcceptStatements.accept([try bench.newJob()]))
      _ = try await bench.pool.execute(
        "UPDATE outbox SET not_before = now() WHERE pool = 'agent.main'")
      let relay = RelayDuty(pool: bench.pool, publisher: bench.publisher, backlog: bench.backlog)
      _ = try await relay.run()
      #expect(try await bench.count("outbox WHERE pool = 'agent.main'") == 0)
      #expect(try await bench.count("outbox WHERE not_before > now()") > 0)
    }
  }

  @Test func aLaneWhoseTicketsNobodyTakesKeepsJobsFromNoOther() async throws {
    try await EngineBench.with { bench in
      try await bench.strayTickets(1000)
      let relay = RelayDuty(pool: bench.pool, publisher: bench.publisher, backlog: bench.backlog)
      _ = try await relay.run()
      _ = try await bench.accept()
      await #expect(throws: AcceptError.backlogFull) {
        _ = try await bench.accept(.agent("nowhere"))
      }
    }
  }

  @Test func deadStepsAreReadInTheOrderInWhichTheyAreListed() async throws {
    try await EngineBench.with { bench in
      let explain: SQL = "EXPLAIN (GENERIC_PLAN) "
      for part in [DeadStatements.Part.all, .redrivable, .obstructed] {
        let plan = try await bench.pool.query(
          explain + DeadStatements.list(bench.deadFilter(), part)
        ).map { try $0.decode(at: 0, as: String.self) }.joined(separator: "\n")
        #expect(plan.contains("Index Scan Backward using steps_dead"))
        #expect(!plan.contains("Sort"))
      }
    }
  }
}

extension EngineBench {
  /// Stores live jobs like another one, made before it.
  fileprivate func copies(_ count: Int, of job: JobID) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open, next_index,
        last_seq, grants, reply_key, request_hash, input, created_at)
      SELECT (left(uuid_at(now() - interval '2 days')::text, 13) || '-7000-8000-'
          || lpad(to_hex(n), 12, '0'))::uuid, user_id, token_id, root_id, target, priority, 1, 1, 1,
        1, grants, reply_key, '', input, now()
      FROM jobs CROSS JOIN generate_series(1, \(Int32(count))) AS n WHERE id = \(job.uuid)
      """)
  }

  /// Puts old tickets of a lane that the broker does not know into the outbox.
  fileprivate func strayTickets(_ count: Int) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO outbox (step_id, job_id, pool, priority, not_before)
      SELECT gen_random_uuid(), gen_random_uuid(), 'agent.nowhere', \(Priority.normal.rawValue), now() - interval '1 h'
      FROM generate_series(1, \(Int32(count)))
      """)
  }
}
