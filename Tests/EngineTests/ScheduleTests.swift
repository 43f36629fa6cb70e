import Foundation
import Jobs
import Postgres
import Security
import Storage
import TestSupport
import Testing

@testable import Engine

/// Schedules over a real database.
@Suite(.timeLimit(.minutes(1))) struct ScheduleTests {
  @Test func aTickFiresOnceHoweverManyNodesThereAre() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      for number in 0..<10 {
        _ = try await book.create(bench.schedule("s\(number)"), by: bench.principal)
      }
      _ = try await bench.pool.execute(
        "UPDATE schedules SET next_at = date_trunc('minute', now())")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<6 { group.addTask { _ = try await bench.scheduleDuty().run() } }
        try await group.waitForAll()
      }
      #expect(try await bench.count("jobs") == 10)
      #expect(try await bench.count("schedule_ticks WHERE outcome = 'fired'") == 10)
      #expect(try await bench.count("schedules WHERE next_at > now()") == 10)
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      #expect(try step.content.get().input == "hello")
    }
  }

  @Test func jobsOfAScheduleHaveItsNumberOfAttempts() async throws {
    try await EngineBench.with { bench in
      var request = bench.schedule("s")
      var options = request.job.options
      options.maximumAttempts = 1
      request.job = JobRequest(
        target: request.job.target, input: request.job.input, priority: request.job.priority,
        options: options)
      _ = try await bench.scheduleBook().create(request, by: bench.principal)
      _ = try await bench.pool.execute(
        "UPDATE schedules SET next_at = date_trunc('minute', now())")
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("jobs WHERE max_attempts = 1") == 1)
    }
  }

  @Test func jobsOfAScheduleWaitForEachOther() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.scheduleBook().create(bench.schedule("s"), by: bench.principal)
      for _ in 0..<2 {
        // As if the ticks before had been of another day.
        _ = try await bench.pool.pipeline([
          "UPDATE schedules SET next_at = date_trunc('minute', now()), last_at = NULL",
          "DELETE FROM schedule_ticks",
        ])
        _ = try await bench.scheduleDuty().run()
      }
      #expect(try await bench.count("steps WHERE state = 1") == 1)
      #expect(try await bench.count("steps WHERE state = 2 AND held_by = 'session'") >= 1)
    }
  }

  @Test func aClockThatIsSetBackFiresNothingTwice() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.scheduleBook().create(bench.schedule("s"), by: bench.principal)
      for _ in 0..<2 {
        _ = try await bench.pool.execute(
          "UPDATE schedules SET next_at = date_trunc('minute', now() - interval '3 s')")
        _ = try await bench.scheduleDuty().run()
      }
      #expect(
        try await bench.count("jobs") == bench.count("schedule_ticks WHERE job_id IS NOT NULL"))
      #expect(try await bench.count("jobs") <= 2)
    }
  }

  @Test func aRevokedTokenStopsItsSchedules() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.scheduleBook().create(bench.schedule("s"), by: bench.principal)
      _ = try await bench.pool.pipeline([
        "UPDATE schedules SET next_at = date_trunc('minute', now())",
        "UPDATE tokens SET revoked_at = now()",
      ])
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("jobs") == 0)
      #expect(
        try await bench.count("schedules WHERE is_paused AND last_outcome = 'not_allowed'") == 1)
    }
  }

  @Test func aScheduleThatIsMoreUrgentThanItsOwnerMayBeStops() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.scheduleBook().create(bench.schedule("s"), by: bench.principal)
      _ = try await bench.pool.pipeline([
        "UPDATE schedules SET next_at = date_trunc('minute', now())",
        "UPDATE roles SET maximum_priority = \(Priority.low.rawValue)",
      ])
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("jobs") == 0)
      #expect(
        try await bench.count("schedules WHERE is_paused AND last_outcome = 'not_allowed'") == 1)
    }
  }

  @Test func aScheduleIsFoundPausedChangedAndDeleted() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let made = try await book.create(bench.schedule("s"), by: bench.principal)
      #expect(made.nextAt.map { $0 > Date() } == true && made.request.job.input == "hello")
      await #expect(throws: ScheduleBook.Refusal.nameTaken) {
        _ = try await book.create(bench.schedule("s"), by: bench.principal)
      }
      let paused = try await book.pause("s", true, by: bench.principal)
      #expect(paused?.isPaused == true && paused?.nextAt == nil)
      var change = ScheduleChange()
      change.cron = "0 0 29 2 *"
      let changed = try await book.edit(made.id.description, change, by: bench.principal)
      #expect(changed?.request.cron == "0 0 29 2 *" && changed?.isPaused == true)
      #expect(try await book.pause("s", false, by: bench.principal)?.nextAt != nil)
      #expect(try await book.find("s", of: UserID()) == nil)
      #expect(try await book.ticks(of: "s", user: bench.principal.user, count: 2)?.count == 2)
      #expect(try await book.delete("s", by: bench.principal))
      #expect(try await book.list(of: bench.principal.user, limit: 201).isEmpty)
    }
  }

  @Test func aUserMayHaveAThousand() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      _ = try await book.create(bench.schedule("s"), by: bench.principal)
      _ = try await bench.pool.execute(
        """
        INSERT INTO schedules (id, user_id, token_id, name, cron, time_zone, target, priority, input,
          misfire, misfire_window_ms, overlap)
        SELECT gen_random_uuid(), user_id, token_id, 's' || number, cron, time_zone, target, priority,
          input, misfire, misfire_window_ms, overlap
        FROM schedules, generate_series(1, 998) AS number
        """)
      _ = try await book.create(bench.schedule("last"), by: bench.principal)
      let refusal = await #expect(throws: ScheduleBook.Refusal.self) {
        _ = try await book.create(bench.schedule("more"), by: bench.principal)
      }
      #expect(refusal == .tooMany)
      #expect(try await bench.count("schedules") == 1_000)
    }
  }

  @Test func oneThatCannotBeReadKeepsNoOtherAndCanBeRemoved() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let bad = try await book.create(bench.schedule("bad"), by: bench.principal)
      _ = try await book.create(bench.schedule("good"), by: bench.principal)
      try await bench.spoil(bad.id)
      _ = try await bench.pool.execute(
        "UPDATE schedules SET next_at = date_trunc('minute', now())")
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("jobs") == 1)
      let listed = try await book.list(of: bench.principal.user, limit: 201)
      #expect(listed.map(\.request.name) == ["good", "bad"])
      #expect(listed[1].isPaused && listed[1].lastOutcome == .unreadable)
      let found = try #require(try await book.find("bad", of: bench.principal.user))
      #expect(!found.isReadable && found.request.job.input == .null)
      #expect(found.pauseReason == .unreadable)
      let past = try await book.history(of: "bad", user: bench.principal.user, limit: 201)
      #expect(past?.map(\.outcome) == [.unreadable])
      await #expect(throws: ScheduleBook.Refusal.unreadable) {
        _ = try await book.request(of: "bad", user: bench.principal.user)
      }
      #expect(try await book.pause("bad", true, by: bench.principal)?.isPaused == true)
      #expect(try await book.delete("bad", by: bench.principal))
    }
  }

  @Test func aTickAndTheEndOfTheJobBeforeAreOneCommit() async throws {
    try await EngineBench.with { bench in
      var request = bench.schedule("s")
      request.overlap = .cancel
      _ = try await bench.scheduleBook().create(request, by: bench.principal)
      for _ in 0..<2 {
        _ = try await bench.pool.pipeline([
          "UPDATE schedules SET next_at = date_trunc('minute', now()), last_at = NULL",
          "DELETE FROM schedule_ticks",
        ])
        _ = try await bench.scheduleDuty().run()
      }
      let cancelled = try await bench.pool.query(
        """
        SELECT old.xmin = new.xmin AS is_one FROM jobs AS old, schedules AS new
        WHERE old.state = 6 AND old.stop_code = 'cancelled' AND new.last_job <> old.id
        """)
      #expect(try cancelled.map { try $0.decode("is_one", as: Bool.self) } == [true])
      #expect(try await bench.count("steps WHERE state = 1") == 1)
    }
  }

  @Test func aScheduleThatIsResumedWhileItIsChangedFires() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let made = try await book.create(bench.schedule("s"), by: bench.principal)
      _ = try await book.pause("s", true, by: bench.principal)
      let edit = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "UPDATE schedules SET is_paused = false, next_at = now() + interval '1 h' RETURNING id")
        let edit = Task { try await book.edit("s", ScheduleChange(), by: bench.principal) }
        while try await bench.pool.query(Self.waiting).isEmpty {}
        _ = try await transaction.commit(after: [])
        return edit
      }
      let edited = try await edit.value
      #expect(edited?.isPaused == false && edited?.nextAt != nil)
      _ = try await book.pause("s", true, by: bench.principal)
      let again = try await book.edit(
        made.id.description, ScheduleChange(), by: bench.principal)
      #expect(again?.isPaused == true && again?.nextAt == nil)
    }
  }

  static let waiting: SQL = """
    SELECT 1 AS waits FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
    """

  @Test func aBadExpressionIsRefused() async throws {
    try await EngineBench.with { bench in
      var request = bench.schedule("s")
      request.cron = "61 * * * *"
      let book = bench.scheduleBook()
      let bad = request
      do {
        _ = try await book.create(bad, by: bench.principal)
        Issue.record("it was taken")
      } catch let refusal as ScheduleBook.Refusal {
        guard case .cron(let error) = refusal else {
          Issue.record("\(refusal)")
          return
        }
        #expect(error.field == .minute)
      }
    }
  }
}

extension EngineBench {
  /// Makes a schedule's input one that nobody can open.
  func spoil(_ schedule: ScheduleID) async throws {
    let other = try content.seal("x", .jobInput, row: schedule.uuid)
    _ = try await pool.execute(
      "UPDATE schedules SET input = \(other.bytes) WHERE id = \(schedule.uuid)")
  }

  func scheduleBook() -> ScheduleBook { ScheduleBook(pool: pool, content: content) }

  func schedule(_ name: String) -> ScheduleRequest {
    ScheduleRequest(
      name: name, cron: "* * * * *",
      job: JobRequest(target: .agent("main"), input: "hello", priority: .normal))
  }

  func scheduleDuty() -> ScheduleDuty {
    ScheduleDuty(
      pool: pool, content: content, dispatcher: dispatcher,
      stopper: JobStopper(
        pool: pool, content: content, dispatcher: dispatcher, metrics: metrics),
      families: families, metrics: metrics, logger: TestDatabase.quiet)
  }
}
