import JobQueue
import Jobs
import Postgres
import Security
import Storage
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(2))) struct AcceptTests {
  @Test func fiftyRequestsWithOneKeyMakeOneJob() async throws {
    try await EngineBench.with { bench in
      let answers = try await withThrowingTaskGroup(of: Acceptance.self) { group in
        for index in 0..<500 {
          group.addTask { try await bench.accept(key: "key \(index % 10)") }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let stored = answers.filter { if case .stored = $0 { true } else { false } }
      #expect(stored.count == 10)
      #expect(try await bench.count("jobs") == 10)
      #expect(try await bench.count("steps") == 10)
    }
  }

  @Test func aKeyForAnotherRequestIsRefused() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept(key: "k", input: "one")
      await #expect(throws: AcceptError.keyReused) {
        _ = try await bench.accept(key: "k", input: "two")
      }
    }
  }

  @Test func aWebhookThatIsNotThereMakesNoJobAndHidesNone() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.webhookName = "ops"
      options.webhook = WebhookID()
      guard case .stored(let id, _) = try await bench.accept(key: "k", options: options) else {
        Issue.record("the job was not stored")
        return
      }
      options.webhook = nil
      let renamed = options
      let again = try await bench.accept(key: "k", options: renamed)
      #expect(again == .replayed(id))
      await #expect(throws: AcceptError.keyReused) {
        _ = try await bench.accept(key: "k", input: "other", options: renamed)
      }
      await #expect(throws: AcceptError.unknownWebhook) {
        _ = try await bench.accept(key: "new", options: renamed)
      }
      #expect(try await bench.count("jobs") == 1)
    }
  }

  @Test func aGroupSentTwiceAfterAnUnknownCommitStoresItsJobsOnce() async throws {
    try await EngineBench.with { bench in
      let job = try bench.newJob()
      #expect(try await bench.pool.query(AcceptStatements.accept([job])).count == 1)
      #expect(try await bench.pool.query(AcceptStatements.accept([job])).isEmpty)
      #expect(try await bench.pool.query(AcceptStatements.holders(of: [job])).count == 1)
      #expect(try await bench.count("events") == 1)
    }
  }

  @Test func confirmedTicketsLeaveTheOutboxAndLostOnesAreRelayed() async throws {
    try await EngineBench.with { bench in
      // Stored behind the dispatcher's back, as if the process had died after COMMIT.
      _ = try await bench.pool.query(AcceptStatements.accept([try bench.newJob()]))
      _ = try await bench.pool.execute("UPDATE outbox SET not_before = now()")
      let relay = RelayDuty(pool: bench.pool, publisher: bench.publisher, backlog: bench.backlog)
      while try await bench.count("outbox WHERE true") > 0 { _ = try await relay.run() }
      // The figure of a quorum queue follows its confirms with some delay.
      let inspector = try bench.inspector()
      while try await inspector.depths()[.main]?.messages != 1 {}
    }
  }

  @Test func aFullOutboxRefusesNewJobs() async throws {
    try await EngineBench.with { bench in
      bench.backlog.update(1000)
      await #expect(throws: AcceptError.backlogFull) { _ = try await bench.accept() }
      bench.backlog.update(0)
      _ = try await bench.accept()
    }
  }

  @Test func userContentIsNowhereInTheDatabaseInClear() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept(input: "canary-7f3a")
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.finisher.finish(step, .finished("canary-7f3a"))
      for table in ["jobs", "steps", "events", "audit_log", "outbox"] {
        let found = try await bench.count(
          "\(unsafeRaw: table) AS t WHERE strpos(t::text, 'canary') > 0")
        #expect(found == 0)
      }
    }
  }

  @Test func groupsWithTheSameUniqueKeysDoNotDeadlockHoweverElseTheyAreOrdered() async throws {
    try await EngineBench.with { bench in
      /// Unique keys in one order, idempotency keys of its own in another.
      func group(_ round: Int, _ name: String, _ number: (Int) -> Int) throws -> [NewJob] {
        try (0..<20).map { place in
          var options = JobOptions()
          options.uniqueness = Uniqueness(key: "\(round)-\(place)")
          let request = JobRequest(
            target: .agent("main"), input: "x", priority: .normal,
            idempotencyKey: "\(round)-\(name)-\(100 + number(place))", options: options)
          return try NewJob(
            request, by: bench.principal, requestHash: [1], content: bench.content)
        }
      }
      for round in 0..<20 {
        let groups = [try group(round, "a") { $0 }, try group(round, "b") { 19 - $0 }]
        let stored = try await withThrowingTaskGroup(of: Int.self) { tasks in
          for jobs in groups {
            tasks.addTask { try await bench.pool.query(AcceptStatements.accept(jobs)).count }
          }
          return try await tasks.reduce(0) { $0 + $1 }
        }
        #expect(stored == 20)
      }
    }
  }

  @Test func claimAndFinishUseTheirIndexesOnFreshTables() async throws {
    try await EngineBench.with { bench in
      let claim = ClaimStatements.claim(
        .main, claim: ClaimID(), worker: WorkerID(), watermark: .min, limit: 8)
      // The plan that serves whatever the parameters are is the one that connections use.
      let explain: SQL = "EXPLAIN (GENERIC_PLAN) "
      for (statement, index) in [
        (claim, "steps_ready"), (DutyStatements.lapsed, "steps_running"),
        (DutyStatements.makeReady, "steps_due"),
        (
          ClaimStatements.claimSuspect(in: [.main], claim: ClaimID(), worker: WorkerID()),
          "steps_suspect"
        ),
        (FairRank.sample(pools: ["a"], priorities: [1], sweeps: false), "steps_ready"),
        (FairRank.sample(pools: ["a"], priorities: [1], sweeps: false), "steps_running"),
        (AcceptStatements.holders(of: [try bench.newJob()]), "jobs_unique"),
        (AcceptStatements.accept([try bench.newJob()]), "steps_flow"),
        (BatchStatements.cancelled, "batches_cancelled"),
        (BatchStatements.live(in: BatchID(), after: JobID(), limit: 1), "jobs_of_batch"),
        (DutyStatements.leaseTickets(of: [.main], each: 1), "outbox_due"),
        (DutyStatements.lanesWithTickets, "outbox_due"),
        (ChildStatements.walk(after: JobID()), "children_pkey"),
        (SessionStatements.walk(after: JobID()), "session_jobs_job_id_key"),
        (SignalStatements.due, "steps_pkey"),
        (SignalStatements.due, "signal_waits_expiring"),
        (BatchStatements.forget(keeping: .zero), "jobs_of_batch"),
        (SessionStatements.promoteStranded(after: JobID()), "steps_of_job"),
        (QueueReader.held, "steps_held"),
        (OrphanStatements.walk(after: JobID()), "jobs_pkey"),
        (RetentionStatements.walk(after: JobID(), keeping: .zero, dead: .zero), "jobs_of_tree"),
        (RetentionStatements.walk(after: JobID(), keeping: .zero, dead: .zero), "steps_of_job"),
        (
          RetentionStatements.walk(after: JobID(), keeping: .zero, dead: .zero),
          "webhook_deliveries_pending"
        ),
        (RetentionStatements.members(of: [JobID()]), "jobs_of_tree"),
        (RetentionStatements.lock([JobID()]), "jobs_pkey"),
        (RetentionStatements.forget([JobID()]), "steps_of_job"),
        (RetentionStatements.forgetAudit(keeping: .zero), "audit_log_default_pkey"),
      ] {
        let plan = try await bench.pool.query(explain + statement)
          .map { try $0.decode(at: 0, as: String.self) }.joined(separator: "\n")
        #expect(plan.contains(index))
        #expect(!plan.contains("Seq Scan on steps") && !plan.contains("Seq Scan on jobs"))
        if index == "steps_ready", !plan.contains("Insert on lane_floors") {
          // A claim: in the order of the index, without a sort in between.
          let isOrdered = plan.contains(/LockRows.*\n.*Index Scan using steps_ready/)
          #expect(isOrdered, "\(plan)")
        }
      }
    }
  }
}
