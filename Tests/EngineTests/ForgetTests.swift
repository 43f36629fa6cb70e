import Foundation
import Jobs
import Observability
import Postgres
import Storage
import Testing

@testable import Engine

/// Jobs that have had their time.
@Suite(.timeLimit(.minutes(1))) struct ForgetTests {
  @Test func oldJobsGoAndYoungOnesAndLiveOnesStay() async throws {
    try await EngineBench.with { bench in
      let old = try await bench.finished()
      let young = try await bench.finished()
      let late = try await bench.finished()
      let live = try await bench.acceptedID()
      try await bench.backdate(old, days: 31)
      try await bench.backdate(young, days: 29)
      try await bench.backdate(live, days: 50)
      // Made long ago, but over since yesterday only.
      try await bench.backdate(late, days: 60)
      _ = try await bench.pool.execute(
        "UPDATE jobs SET finished_at = now() - interval '1 day' WHERE \(bench.isFrom(60))")
      #expect(try await bench.forget() == false)
      #expect(try await bench.count("jobs") == 3)
      for days in [29, 50] {
        #expect(try await bench.count("jobs WHERE \(bench.isFrom(days))") == 1)
      }
      #expect(try await bench.count("jobs WHERE \(bench.isFrom(60))") == 1)
      #expect(try await bench.count("steps") == 3)
      #expect(
        try await bench.count("events_default WHERE job_id NOT IN (SELECT id FROM jobs)") == 0)
      let counted = bench.metrics.snapshot()
      #expect(counted.value(.retentionDeleted, ["jobs"]) == 1)
      #expect(counted.value(.retentionDeleted, ["steps"]) == 1)
      #expect(counted.value(.retentionDeleted, ["events"]) ?? 0 >= 2)
    }
  }

  @Test func nothingGoesThatIsKeptForEver() async throws {
    try await EngineBench.with { bench in
      try await bench.backdate(try await bench.finished(), days: 5000)
      var policy = RetentionPolicy()
      policy.jobs = nil
      _ = try await bench.forget(policy)
      #expect(try await bench.count("jobs") == 1)
    }
  }

  @Test func whatAWebhookIsStillToBeToldOfStays() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.webhook()
      let job = try await bench.acceptedID()
      try await bench.end(job)
      _ = try await bench.webhookDuty().run()
      try await bench.backdate(job, days: 40)
      let told: SQL = "jobs WHERE target = 'agent:main'"
      _ = try await bench.forget()
      #expect(try await bench.count(told) == 1)
      // Given up: its job is over, whatever it may have noted.
      _ = try await bench.pool.execute("UPDATE jobs SET state = 6 WHERE state < 4")
      _ = try await bench.forget()
      #expect(try await bench.count(told) == 0)
    }
  }

  @Test func treesGoAsAWholeOrNotAtAll() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      let step = try #require(try await bench.claimer().claim(.coder, limit: 1).first)
      _ = try await bench.finisher.finish(step, .finished(["text": "two files"]))
      while try await bench.count("children") > 0 {}
      for job in [child, parent] { try await bench.backdate(job, days: 40) }
      // The parent is not over.
      _ = try await bench.forget()
      #expect(try await bench.count("jobs") == 2)
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 4, finished_at = now() - interval '40 days'")
      _ = try await bench.pool.execute(
        "UPDATE jobs SET finished_at = now() WHERE root_id <> id")
      _ = try await bench.forget()
      #expect(try await bench.count("jobs") == 2)
      _ = try await bench.pool.execute("UPDATE jobs SET finished_at = now() - interval '40 days'")
      _ = try await bench.forget()
      #expect(try await bench.count("jobs") == 0)
      #expect(try await bench.count("steps") == 0)
      #expect(try await bench.count("children") == 0)
    }
  }

  @Test func aDeadLetterStaysForItsOwnTimeUnlessItIsSettled() async throws {
    try await EngineBench.with { bench in
      for days in [40, 41, 100] {
        try await bench.backdate(try await bench.dead("a"), days: days)
      }
      _ = try await bench.pool.execute(
        """
        UPDATE steps SET settled_at = now()
        WHERE job_id IN (SELECT id FROM jobs WHERE \(bench.isFrom(41)))
        """)
      var forEver = RetentionPolicy()
      forEver.dead = nil
      _ = try await bench.forget(forEver)
      #expect(try await bench.count("jobs WHERE \(bench.isFrom(41))") == 0)
      #expect(try await bench.count("jobs") == 2)
      _ = try await bench.forget()
      #expect(try await bench.count("jobs WHERE \(bench.isFrom(40))") == 1)
      #expect(try await bench.count("jobs") == 1)
    }
  }

  @Test func twoNodesAtOnceDeleteEachRowOnceAndLeaveWhatSomebodyHolds() async throws {
    try await EngineBench.with { bench in
      let (parent, child) = try await bench.delegated()
      for job in [child, parent] { try await bench.backdate(job, days: 40) }
      _ = try await bench.pool.execute(
        "UPDATE jobs SET state = 4, finished_at = now() - interval '40 days'")
      try await bench.multiply(by: 600)
      try await bench.pool.transaction { transaction in
        // A redrive, say, of the delegated job.
        let held = try await transaction.query(
          "SELECT id FROM jobs WHERE root_id <> id AND reply_key <> '' FOR UPDATE")
        #expect(held.count == 1)
        let duties = (0..<2).map { _ in
          ForgetDuty(pool: bench.pool, policy: RetentionPolicy(), metrics: bench.metrics)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
          for duty in duties {
            group.addTask { while try await duty.run() {} }
          }
          try await group.waitForAll()
        }
        #expect(try await bench.count("jobs") == 2)
      }
      let counted = { bench.metrics.snapshot().value(.retentionDeleted, ["jobs"]) }
      #expect(counted() == 600)
      _ = try await bench.forget()
      #expect(try await bench.count("jobs") == 0)
      #expect(counted() == 602)
    }
  }

  @Test func aWalkGoesOnWhereItWasAndBeginsAnewAfterAnHour() {
    var place = RetentionPlace()
    let start = ContinuousClock.now
    let (first, second) = (JobID(), JobID())
    #expect(place.begin(at: start) == RetentionPlace.first)
    place.move(to: first, isEnd: false)
    #expect(place.begin(at: start + .seconds(4000)) == first)
    place.move(to: second, isEnd: true)
    #expect(place.begin(at: start + .seconds(4100)) == RetentionPlace.first)
    place.move(to: second, isEnd: true)
    #expect(place.begin(at: start + .seconds(4160)) == second)
    place.move(to: nil, isEnd: true)
    #expect(place.begin(at: start + .seconds(4220)) == second)
    #expect(place.begin(at: start + .seconds(7800)) == RetentionPlace.first)
  }
}

extension EngineBench {
  func finished() async throws -> JobID {
    let job = try await acceptedID()
    let step = try #require(try await claimer().claim(.main, limit: 1).first)
    #expect(step.job == job)
    _ = try await finisher.finish(step, .finished(["text": "done"]))
    return job
  }

  /// Runs the duty of a node that has just started.
  func forget(_ policy: RetentionPolicy = RetentionPolicy()) async throws -> Bool {
    try await ForgetDuty(pool: pool, policy: policy, metrics: metrics).run()
  }

  /// Makes it as if a job had been made, and had ended, so many days ago: its id, too, which tells.
  /// Its content cannot be opened any more, as it is bound to the id.
  func backdate(_ job: JobID, days: Int) async throws {
    let row = try await pool.query(
      """
      SELECT (left(uuid_at(now() - \(Int64(days)) * interval '1 day')::text, 13)
        || right(\(job.uuid)::uuid::text, 23))::uuid AS id
      """
    ).first
    let new = try #require(try row?.decode("id", as: UUID.self))
    for (table, column) in [
      ("jobs", "root_id"), ("jobs", "parent_id"), ("jobs", "id"), ("steps", "job_id"),
      ("events", "job_id"), ("children", "job_id"), ("children", "parent_id"),
      ("webhook_deliveries", "job_id"),
    ] {
      _ = try await pool.execute(
        """
        UPDATE \(unsafeRaw: table) SET \(unsafeRaw: column) = \(new)
        WHERE \(unsafeRaw: column) = \(job.uuid)
        """)
    }
    _ = try await pool.execute(
      """
      UPDATE jobs SET created_at = now() - \(Int64(days)) * interval '1 day',
        finished_at = CASE WHEN finished_at IS NOT NULL
          THEN now() - \(Int64(days)) * interval '1 day' END
      WHERE id = \(new)
      """)
  }

  /// A condition on `jobs`: made so many days ago.
  func isFrom(_ days: Int) -> SQL {
    """
    id BETWEEN uuid_at(now() - \(Int64(days)) * interval '1 day' - interval '1 hour')
      AND uuid_at(now() - \(Int64(days)) * interval '1 day' + interval '1 hour')
    """
  }

  /// Adds so many jobs without steps that were over 40 days ago.
  func multiply(by count: Int) async throws {
    _ = try await pool.execute(
      """
      INSERT INTO jobs (id, user_id, token_id, root_id, target, priority, state, open, next_index,
        last_seq, grants, reply_key, request_hash, input, created_at, finished_at)
      SELECT id, user_id, token_id, id, target, priority, 4, 0, 1, 1, grants, '', '', input,
        finished_at, finished_at
      FROM (
        SELECT (left(uuid_at(now() - interval '40 days')::text, 13) || '-7000-8000-'
          || lpad(to_hex(n), 12, '0'))::uuid AS id, user_id, token_id, target, priority, grants, input,
          finished_at
        FROM (SELECT * FROM jobs WHERE root_id = id LIMIT 1) AS old
        CROSS JOIN generate_series(1, \(Int32(count))) AS n
      ) AS new
      """)
  }
}
