import Foundation
import Jobs
import Observability
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

/// What schedules ask of their jobs, and what is known of them, over a real database.
@Suite(.timeLimit(.minutes(1))) struct ScheduleTermTests {
  @Test func changesOfDifferentFieldsAtOnceAreAllMade() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let made = try await book.create(bench.schedule("s"), by: bench.principal)
      for round in 0..<40 {
        let (priority, count) = (Priority.allCases[round % 4], 1 + round)
        let zone = ["UTC", "Europe/Berlin"][round % 2]
        let input = JSONValue.string("input \(round)")
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<4 {
            group.addTask {
              var change = ScheduleChange()
              switch number {
              case 0: change.priority = priority
              case 1: change.maximumQueued = count
              case 2: change.timeZone = zone
              default: change.input = input
              }
              _ = try await book.edit("s", change, by: bench.principal)
            }
          }
          try await group.waitForAll()
        }
        let now = try #require(try await book.find("s", of: bench.principal.user))
        #expect(now.request.job.priority == priority && now.request.maximumQueued == count)
        #expect(now.request.timeZone == zone && now.request.job.input == input)
        #expect(now.id == made.id)
      }
    }
  }

  @Test func aChangeOfOneFieldWaitsForThatOfAnotherAndKeepsIt() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      _ = try await book.create(bench.schedule("s"), by: bench.principal)
      let edit = try await bench.pool.transaction { transaction in
        _ = try await transaction.query("UPDATE schedules SET max_queued = 7 RETURNING id")
        let edit = Task {
          var change = ScheduleChange()
          change.priority = .low
          return try await book.edit("s", change, by: bench.principal)
        }
        while try await bench.pool.query(ScheduleTests.waiting).isEmpty {}
        _ = try await transaction.commit(after: [])
        return edit
      }
      let edited = try await edit.value
      #expect(edited?.request.maximumQueued == 7 && edited?.request.job.priority == .low)
    }
  }

  @Test func aChangeThatLeavesTheTimesLosesNoTick() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      _ = try await book.create(bench.schedule("s"), by: bench.principal)
      try await bench.makeDue()
      var change = ScheduleChange()
      change.priority = .low
      _ = try await book.edit("s", change, by: bench.principal)
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("jobs WHERE priority = 3") == 1)
    }
  }

  @Test func itsJobsHaveItsTimeoutsAndItsWebhookAndNameIt() async throws {
    try await EngineBench.with { bench in
      let hook = try await bench.webhook()
      var request = bench.schedule("s")
      var options = JobOptions()
      options.queueTimeout = .seconds(3_600)
      options.stepTimeout = .seconds(90)
      options.idleTimeout = .seconds(5)
      options.webhook = hook
      request.job = JobRequest(
        target: .agent("main"), input: "hello", priority: .normal, options: options)
      let made = try await bench.scheduleBook().create(request, by: bench.principal)
      #expect(made.request.job.options == options)
      try await bench.makeDue()
      _ = try await bench.scheduleDuty().run()
      let row = try #require(
        try await bench.pool.query(
          """
          SELECT id, step_timeout_ms, idle_timeout_ms, start_by = created_at + interval '1 h' AS is_hour
          FROM jobs
          """
        ).first)
      #expect(try row.decode("step_timeout_ms", as: Int32.self) == 90_000)
      #expect(try row.decode("idle_timeout_ms", as: Int32.self) == 5_000)
      #expect(try row.decode("is_hour", as: Bool.self))
      let id = JobID(try row.decode("id", as: UUID.self))
      let job = try #require(try await bench.reader.job(id, of: bench.principal.user))
      #expect(job.terms.schedule == made.id && job.terms.webhook == hook)
      let byHand = try await bench.scheduleBook().request(of: "s", user: bench.principal.user)
      #expect(byHand?.options.schedule == made.id && byHand?.options.webhook == hook)
    }
  }

  @Test func noMoreOfItsJobsWaitThanMay() async throws {
    try await EngineBench.with { bench in
      var request = bench.schedule("s")
      request.maximumQueued = 2
      let book = bench.scheduleBook()
      _ = try await book.create(request, by: bench.principal)
      // Somebody else's jobs do not count.
      _ = try await book.create(bench.schedule("other"), by: bench.principal)
      for _ in 0..<6 {
        try await bench.makeDue()
        _ = try await bench.scheduleDuty().run()
      }
      let of: SQL = "jobs JOIN schedules ON schedules.id = jobs.schedule_id WHERE schedules.name"
      #expect(try await bench.count("\(of) = 's'") == 3)
      #expect(try await bench.count("\(of) = 'other'") == 6)
      #expect(try await book.find("s", of: bench.principal.user)?.lastOutcome == .skippedOverlap)
      #expect(bench.ticks(.skippedOverlap) == 3 && bench.ticks(.fired) == 9)
      // Once one is over, the next tick fires.
      let first = try #require(
        try await bench.pool.query(
          """
          SELECT jobs.id FROM jobs JOIN schedules ON schedules.id = jobs.schedule_id
          WHERE schedules.name = 's' ORDER BY jobs.id LIMIT 1
          """
        ).first)
      let job = JobID(try first.decode("id", as: UUID.self))
      _ = try await bench.canceller.cancel(job, wholeTree: false, by: bench.principal)
      try await bench.makeDue()
      _ = try await bench.scheduleDuty().run()
      #expect(try await bench.count("\(of) = 's'") == 4)
    }
  }

  @Test func itsPastIsToldTickByTick() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let made = try await book.create(bench.schedule("s"), by: bench.principal)
      _ = try await bench.pool.execute(
        """
        UPDATE schedules SET next_at = date_trunc('minute', now() - interval '10 min'),
          misfire_window_ms = 1000
        """)
      _ = try await bench.scheduleDuty().run()
      let user = bench.principal.user
      let all = try #require(try await book.history(of: "s", user: user, limit: 201))
      #expect(all.count >= 10 && all.last?.outcome == .missed && all.last?.job == nil)
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.at > $1.at })
      let fired = all.filter { $0.outcome == .fired }
      #expect(fired.allSatisfy { $0.job != nil })
      let rest = try await book.history(of: "s", user: user, before: all[2].id, limit: 3)
      #expect(rest == [TickRecord](all[3..<6]))
      #expect(TickID(at: all[2].at).date == all[2].at)
      #expect(try await book.history(of: "s", user: UserID(), limit: 10) == nil)
      let found = try await book.find(made.id.description, of: user)
      #expect(found?.lastAt == all.first?.at)
      #expect(bench.ticks(.missed) == Double(all.count { $0.outcome == .missed }))
    }
  }

  @Test func schedulesThatStopByThemselvesAreCountedUntilSomebodyHasLooked() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      let bad = try await book.create(bench.schedule("bad"), by: bench.principal)
      _ = try await book.create(bench.schedule("good"), by: bench.principal)
      try await bench.spoil(bad.id)
      try await bench.makeDue()
      _ = try await bench.scheduleDuty().run()
      let reader = QueueReader(pool: bench.pool)
      #expect(try await reader.stoppedSchedules() == ["unreadable": 1])
      #expect(bench.ticks(.unreadable) == 1)
      _ = try await bench.pool.execute("UPDATE tokens SET revoked_at = now()")
      try await bench.makeDue()
      _ = try await bench.scheduleDuty().run()
      #expect(try await reader.stoppedSchedules() == ["unreadable": 1, "not_allowed": 1])
      #expect(try await book.find("good", of: bench.principal.user)?.pauseReason == .notAllowed)
      _ = try await book.pause("bad", true, by: bench.principal)
      _ = try await book.pause("good", false, by: bench.principal)
      #expect(try await reader.stoppedSchedules().isEmpty)
      // Whoever disables a user knows that.
      _ = try await bench.pool.pipeline([
        "UPDATE schedules SET pause_reason = 'not_allowed'",
        "UPDATE users SET disabled_at = now()",
      ])
      #expect(try await reader.stoppedSchedules().isEmpty)
    }
  }

  @Test func schedulesComePageByPage() async throws {
    try await EngineBench.with { bench in
      let book = bench.scheduleBook()
      for name in ["a", "b", "c"] {
        _ = try await book.create(bench.schedule(name), by: bench.principal)
      }
      let user = bench.principal.user
      let first = try await book.list(of: user, limit: 2)
      #expect(first.map(\.request.name) == ["c", "b"])
      #expect(first.allSatisfy { $0.request.job.input == .null })
      let rest = try await book.list(of: user, before: first[1].id, limit: 2)
      #expect(rest.map(\.request.name) == ["a"])
    }
  }

  @Test func theMetricKnowsEachOutcomeAndBeginsAtZero() {
    let labels = Metric.scheduleTicks.labels
    #expect(labels.first?.values == TickOutcome.allCases.map(\.rawValue))
    let metrics = Metrics()
    metrics.beginTicks()
    for outcome in TickOutcome.allCases {
      #expect(metrics.snapshot().value(.scheduleTicks, [outcome.rawValue]) == 0)
    }
  }
}

extension EngineBench {
  /// Makes the tick of this minute the next one of all schedules that are not paused, as if those
  /// before had been of another day.
  fileprivate func makeDue() async throws {
    _ = try await pool.pipeline([
      """
      UPDATE schedules SET next_at = date_trunc('minute', now()), last_at = NULL
      WHERE NOT is_paused
      """,
      "DELETE FROM schedule_ticks",
    ])
  }

  /// How many ticks were counted.
  fileprivate func ticks(_ outcome: TickOutcome) -> Double {
    metrics.snapshot().value(.scheduleTicks, [outcome.rawValue]) ?? 0
  }

  fileprivate func webhook() async throws -> WebhookID {
    try await WebhookBook(pool: pool, content: content)
      .create(WebhookRequest(url: "https://example.com/h"), by: principal).webhook.id
  }
}
