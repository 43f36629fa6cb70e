import Jobs
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// A row that somebody keeps locked delays what is done to it, and nothing else.
@Suite(.timeLimit(.minutes(1))) struct LockedRowTests {
  @Test func stepsOfOtherDeadWorkersAreTakenBack() async throws {
    try await EngineBench.with { bench in
      let locked = try await bench.runningJob()
      let other = try await bench.runningJob()
      try await bench.lapse()
      try await bench.whileLocked("jobs", locked) { () async throws in
        let start = ContinuousClock.now
        #expect(try await bench.reaper().run() == false)
        // What takes 5 s would count as an outage.
        #expect(ContinuousClock.now - start < .seconds(3))
        #expect(try await bench.state(of: other) == .ready)
        #expect(try await bench.state(of: locked) == .running)
      }
      _ = try await bench.reaper().run()
      #expect(try await bench.state(of: locked) == .ready)
    }
  }

  @Test func aLockedStepKeepsNoOtherWorkersSteps() async throws {
    try await EngineBench.with { bench in
      let locked = try await bench.runningJob()
      let other = try await bench.runningJob()
      try await bench.lapse()
      try await bench.whileLocked("steps", locked) { () async throws in
        // The one that is locked fails, after all others.
        await #expect(throws: PostgresError.self) { try await bench.reaper().run() }
        #expect(try await bench.state(of: other) == .ready)
      }
    }
  }

  @Test func stepsOfOneWorkerAreJudgedTogetherAlsoIfOneOfThemIsLocked() async throws {
    try await EngineBench.with { bench in
      let jobs = [try await bench.acceptedID(), try await bench.acceptedID()]
      #expect(try await bench.claimer().claim(.main, limit: 2).count == 2)
      try await bench.lapse()
      try await bench.whileLocked("jobs", jobs[0]) { () async throws in
        _ = try await bench.reaper().run()
        #expect(try await bench.state(of: jobs[1]) == .running)
        _ = try await bench.pool.execute("UPDATE steps SET lease_until = now() - interval '31 s'")
        _ = try await bench.reaper().run()
        #expect(try await bench.state(of: jobs[1]) == .ready)
        // Two were aboard, so nobody is charged.
        #expect(try await bench.count("steps WHERE is_suspect AND crashes = 0") == 1)
      }
      _ = try await bench.reaper().run()
      #expect(try await bench.state(of: jobs[0]) == .ready)
    }
  }

  @Test func otherJobsExpire() async throws {
    try await EngineBench.with { bench in
      let jobs = [try await bench.acceptedID(), try await bench.acceptedID()]
      _ = try await bench.pool.execute(
        "UPDATE jobs SET deadline_at = now() - interval '1 s', expires_at = now()")
      try await bench.whileLocked("jobs", jobs[0]) { () async throws in
        #expect(try await bench.expireDuty().run() == false)
        #expect(try await bench.job(.replayed(jobs[1]))?.state == .expired)
      }
      _ = try await bench.expireDuty().run()
      #expect(try await bench.job(.replayed(jobs[0]))?.state == .expired)
    }
  }

  @Test func otherOrphansAreStopped() async throws {
    try await EngineBench.with { bench in
      let parent = try await bench.acceptedID()
      let jobs = [try await bench.acceptedID(), try await bench.acceptedID()]
      _ = try await bench.canceller.cancel(parent, by: bench.principal)
      for job in jobs {
        _ = try await bench.pool.execute(
          """
          INSERT INTO children (job_id, parent_id, step_id, on_failure)
          VALUES (\(job.uuid), \(parent.uuid), \(StepID().uuid), 0)
          """)
      }
      let duty = FamilyDuty(pool: bench.pool, families: bench.families)
      try await bench.whileLocked("jobs", jobs[0]) { () async throws in
        _ = try await duty.run()
        #expect(try await bench.job(.replayed(jobs[1]))?.state == .cancelled)
      }
      _ = try await duty.run()
      #expect(try await bench.job(.replayed(jobs[0]))?.state == .cancelled)
    }
  }

  @Test func stepsThatEndWithItAreFinished() async throws {
    try await EngineBench.with(lockTimeout: .milliseconds(500)) { bench in
      for _ in 0..<24 { _ = try await bench.acceptedID() }
      let steps = try await bench.claimer().claim(.main, limit: 24)
      let (held, others) = (steps[5], steps.filter { $0.id != steps[5].id })
      let late = try await bench.whileLocked("jobs", held.job) {
        () async throws -> Task<FinishAnswer, any Error> in
        let start = ContinuousClock.now
        let late = Task { try await bench.finisher.finish(held, .finished(["text": "x"])) }
        let answers = try await withThrowingTaskGroup(of: FinishAnswer.self) { group in
          for step in others {
            group.addTask { try await bench.finisher.finish(step, .finished(["text": "x"])) }
          }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0 == .committed } && answers.count == 23)
        #expect(ContinuousClock.now - start < .seconds(8))
        #expect(try await bench.state(of: held.job) == .running)
        return late
      }
      #expect(try await late.value == .committed)
    }
  }

  @Test func aStepThatCannotBeHeldGoesBackAndKeepsNoOtherFromItsStart() async throws {
    try await EngineBench.with { bench in
      let locked = try await bench.acceptedID()
      for _ in 0..<2 { _ = try await bench.acceptedID() }
      try await bench.limit(.agent("main"), to: 0)
      let claimer = bench.claimer()
      let steps = try await bench.whileLocked("jobs", locked) { () async throws in
        try await claimer.claim(.main, limit: 3)
      }
      #expect(steps.map(\.job) == [locked])
      #expect(steps.allSatisfy { $0.mustReturn && !$0.isCancelled })
      #expect(await claimer.isSettled)
      #expect(try await bench.count("steps WHERE state = 2 AND held_by = 'limit:agent:main'") == 2)
      for step in steps {
        #expect(try await bench.finisher.finish(step, .released) == .committed)
      }
      #expect(try await bench.count("steps WHERE state = 1 AND attempt = 0") == 1)
    }
  }

  @Test func textOfATurnWhoseJobIsLockedKeepsNoOtherText() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<2 { _ = try await bench.acceptedID() }
      let steps = try await bench.claimer().claim(.main, limit: 2)
      let texts = steps.map { TurnText(step: $0, offset: 0, bytes: Array("abc".utf8)) }
      let stored = try await bench.whileLocked("jobs", steps[0].job) { () async throws in
        try await bench.texts.noteStart(of: steps)
        return try await bench.texts.store(texts)
      }
      #expect(stored == [steps[1].held])
      #expect(try await bench.texts.store(texts) == Set(steps.map(\.held)))
    }
  }

  @Test func stepsAreClosedInTheOrderInWhichLeasesAreRenewed() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<2 { _ = try await bench.acceptedID() }
      let steps = try await bench.claimer().claim(.main, limit: 2).sorted { $0.id < $1.id }
      // With many that run, the statement finds them in the order in which they are named.
      _ = try await bench.pool.execute(
        """
        INSERT INTO steps (id, job_id, user_id, index, kind, target, pool, priority, state, rank,
          created_at)
        SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 0, 1, 'agent:main', 'x', 2,
          3, 1, now() FROM generate_series(1, 5000)
        """)
      _ = try await bench.pool.execute("ANALYZE steps")
      let closes = steps.reversed().map {
        StepClose(step: $0.id, job: $0.job, claim: $0.claim, state: .done)
      }
      let closing = try await bench.whileLocked("steps", steps[1].job) {
        () async throws -> Task<Int, any Error> in
        let closing = Task { try await bench.pool.query(FinishStatements.close(closes)).count }
        try await bench.waitForWaiter()
        // It has the first one while it waits for the second.
        let free = try await bench.pool.query(
          "SELECT id FROM steps WHERE id = \(steps[0].id.uuid) FOR UPDATE SKIP LOCKED")
        #expect(free.isEmpty)
        return closing
      }
      #expect(try await closing.value == 2)
      #expect(try await bench.count("steps WHERE state = 4") == 2)
    }
  }
}

extension EngineBench {
  /// A job whose step runs on a worker of its own.
  fileprivate func runningJob() async throws -> JobID {
    let job = try await acceptedID()
    #expect(try await claimer().claim(.main, limit: 1).map(\.job) == [job])
    return job
  }

  fileprivate func state(of job: JobID) async throws -> StepState? {
    let rows = try await pool.query("SELECT state FROM steps WHERE job_id = \(job.uuid)")
    return try rows.first.flatMap { StepState(rawValue: try $0.decode("state", as: Int16.self)) }
  }

  /// Runs the body while somebody has a job's row, or those of its steps, locked.
  fileprivate func whileLocked<Result: Sendable>(
    _ table: String, _ job: JobID, _ body: @Sendable () async throws -> Result
  ) async throws -> Result {
    let column = table == "jobs" ? "id" : "job_id"
    return try await pool.transaction { transaction in
      try await transaction.pipeline([
        "SELECT set_config('idle_in_transaction_session_timeout', '0', true)",
        """
        SELECT id FROM \(unsafeRaw: table) WHERE \(unsafeRaw: column) = \(job.uuid) FOR UPDATE
        """,
      ])
      return try await body()
    }
  }

  /// Returns once a statement waits for a lock.
  fileprivate func waitForWaiter() async throws {
    let waiting: SQL =
      "pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while try await count(waiting) == 0 { try await Task.sleep(for: .milliseconds(10)) }
  }
}
