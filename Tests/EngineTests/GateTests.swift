import Foundation
import JobQueue
import Jobs
import Postgres
import Storage
import Testing

@testable import Engine

/// Limits and pauses, at the claim and after.
@Suite(.timeLimit(.minutes(1))) struct GateTests {
  @Test func whatALimitDoesNotLetInIsHeldAndGoesOnAsOneEnds() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 2)
      for _ in 0..<5 { _ = try await bench.acceptedID() }
      let claimer = bench.claimer()
      let running = try await claimer.claim(.main, limit: 5)
      #expect(running.count == 2)
      #expect(try await bench.count("steps WHERE state = 2 AND held_by = 'limit:agent:main'") == 3)
      #expect(try await bench.count("steps WHERE state = 2 AND runs = 0 AND attempt = 0") == 3)
      _ = try await bench.finisher.finish(running[0], .finished(["text": "x"]))
      #expect(try await bench.count("steps WHERE state = 1") == 1)
      #expect(try await claimer.claim(.main, limit: 5).count == 1)
      #expect(try await bench.count("steps WHERE state = 3") == 2)
    }
  }

  @Test func whatMayGoOnIsFoundAmongAllThatWaitsForElse() async throws {
    try await EngineBench.with { bench in
      for signal in ["a", "b", "z"] {
        var options = JobOptions()
        options.signal = SignalWait(signal: try #require(SignalName(signal)))
        _ = try await bench.acceptedID(options: options)
      }
      for hold in ["child:x", "limit:agent:main", "pause:agent:main", "session"] {
        let job = try await bench.acceptedID()
        _ = try await bench.pool.execute(
          "UPDATE steps SET state = 2, held_by = \(hold) WHERE job_id = \(job.uuid)")
      }
      let free = try await bench.pool.query("SELECT reason FROM free_holds() ORDER BY reason")
      #expect(
        try free.map { try $0.decode("reason", as: String.self) }
          == ["limit:agent:main", "pause:agent:main"])
    }
  }

  @Test func racingClaimsNeverExceedALimit() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.eachUser, to: 3)
      for _ in 0..<40 { _ = try await bench.acceptedID() }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<8 {
          group.addTask {
            let claimer = bench.claimer()
            for _ in 0..<12 {
              for step in try await claimer.claim(.main, limit: 2) {
                #expect(try await bench.count("steps WHERE state = 3 AND runs > 0") <= 3 + 16)
                _ = try await bench.finisher.finish(step, .finished(["text": "x"]))
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let slots = try await bench.count("limit_slots")
      #expect(slots <= 3)
    }
  }

  @Test func aSlotOfADeadWorkerIsFreeOnceItsStepIsTakenBack() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.user(bench.principal.user), to: 1)
      _ = try await bench.acceptedID()
      _ = try await bench.acceptedID()
      #expect(try await bench.claimer().claim(.main, limit: 2).count == 1)
      try await bench.lapse()
      _ = try await bench.reaper().run()
      let again = try await bench.claimer().claimSuspect(in: [.main])
      #expect(again.count == 1)
      #expect(try await bench.count("steps WHERE state = 2") == 1)
    }
  }

  @Test func aLiftedLimitLetsAllGoOn() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 0)
      for _ in 0..<4 { _ = try await bench.acceptedID() }
      #expect(try await bench.claimer().claim(.main, limit: 4).isEmpty)
      #expect(try await bench.commands.lift(.agent("main"), by: bench.principal))
      try await bench.gates.refresh()
      #expect(try await bench.claimer().claim(.main, limit: 4).count == 4)
    }
  }

  @Test func aLoweredLimitLetsNothingBeginUntilFewerRun() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 3)
      for _ in 0..<5 { _ = try await bench.acceptedID() }
      let claimer = bench.claimer()
      let running = try await claimer.claim(.main, limit: 3)
      #expect(running.count == 3)
      try await bench.limit(.agent("main"), to: 1)
      // The slot with the lowest number falls free, and two of the higher ones are in use.
      _ = try await bench.finisher.finish(running[0], .finished(["text": "x"]))
      #expect(try await claimer.claim(.main, limit: 5).isEmpty)
      let limits = try await bench.commands.store.limits()
      #expect(limits.first { $0.key == .agent("main") }?.running == 2)
      let duty = ReleaseDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(try await claimer.claim(.main, limit: 5).isEmpty)
      for step in running[1...] {
        _ = try await bench.finisher.finish(step, .finished(["text": "x"]))
      }
      _ = try await duty.run()
      #expect(try await claimer.claim(.main, limit: 5).count == 1)
    }
  }

  @Test func aLargeLimitFindsItsNextSlotAmongThoseThatThereAre() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 100_000)
      for _ in 0..<4 { _ = try await bench.acceptedID() }
      #expect(try await bench.claimer().claim(.main, limit: 2).count == 2)
      // Slots of a time with a higher limit, with a gap before them.
      _ = try await bench.pool.execute(
        "INSERT INTO limit_slots (key, n) VALUES ('agent:main', 100001)")
      #expect(try await bench.claimer().claim(.main, limit: 2).count == 2)
      let slots = try await bench.pool.query(
        "SELECT n FROM limit_slots WHERE step_id IS NOT NULL ORDER BY n")
      #expect(try slots.map { try $0.decode("n", as: Int32.self) } == [1, 2, 3, 4])
    }
  }

  @Test func stepsThatWaitForManySignalsArePassedInOneStep() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.acceptedID() }
      _ = try await bench.pool.execute(
        """
        UPDATE steps SET state = 2, held_by = names.held_by
        FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM steps) AS numbered
        JOIN (VALUES (1, 'child'), (2, 'signal:a'), (3, 'limit:agent:main')) AS names(n, held_by)
          USING (n)
        WHERE numbered.id = steps.id
        """)
      let free = try await bench.pool.query("SELECT reason FROM free_holds()")
      #expect(try free.map { try $0.decode("reason", as: String.self) } == ["limit:agent:main"])
      _ = try await bench.pool.execute("UPDATE steps SET held_by = 'zzz' WHERE held_by = 'child'")
      #expect(try await bench.pool.query("SELECT reason FROM free_holds()").count == 1)
    }
  }

  @Test func aPauseKeepsItsEndUntilAnotherIsSaid() async throws {
    try await EngineBench.with { bench in
      let (key, store) = (GateKey.agent("main"), bench.commands.store)
      try await store.pause(
        key, reason: "a", for: .lasting(.seconds(600)), by: bench.principal)
      let first = try #require(try await store.pauses().first)
      try await store.pause(key, reason: "b", for: .asBefore, by: bench.principal)
      let second = try #require(try await store.pauses().first)
      #expect(second.reason == "b" && second.until == first.until && second.until != nil)
      try await store.pause(key, reason: "b", for: .endless, by: bench.principal)
      #expect(try await store.pauses().map(\.until) == [nil])
      try await store.pause(key, reason: nil, for: .asBefore, by: bench.principal)
      #expect(try await store.pauses().map(\.reason) == ["b"])
      // One that has ended and is not forgotten yet is no pause.
      _ = try await bench.pool.execute(
        "UPDATE pauses SET paused_at = now() - interval '1 d', expires_at = now()")
      try await store.pause(key, reason: nil, for: .asBefore, by: bench.principal)
      let new = try #require(try await store.pauses().first)
      #expect(new.reason == "" && new.until == nil && new.since.timeIntervalSinceNow > -60)
    }
  }

  @Test func whatIsHeldAfterItsPriorityChangedWaitsForItsNewLane() async throws {
    try await EngineBench.with { bench in
      let id = try await bench.acceptedID()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      let editor = bench.editor()
      _ = try await editor.prioritize(id, .low, by: bench.principal)
      _ = try await bench.pool.query(
        GateStatements.hold([(step.id, step.claim, .limit("agent:main"))]))
      #expect(try await bench.count("steps WHERE state = 2 AND priority = 3") == 1)
    }
  }

  @Test func whatIsHeldGetsAPlaceOfItsNewLane() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 0)
      let id = try await bench.acceptedID()
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      // As if its old lane had been far ahead of the new one.
      _ = try await bench.pool.execute("UPDATE steps SET rank = 9000000000000000000")
      _ = try await bench.editor().prioritize(id, .high, by: bench.principal)
      #expect(
        try await bench.count(
          "steps WHERE state = 2 AND priority = 1 AND rank < 9000000000000000000") == 1)
    }
  }

  @Test func aPausedUserIsHeldUntilResumed() async throws {
    try await EngineBench.with { bench in
      let other = try await bench.principal(named: "other")
      let key = GateKey.user(bench.principal.user)
      try await bench.commands.store.pause(key, reason: "abuse", for: .endless, by: other)
      try await bench.gates.refresh()
      let held = try await bench.acceptedID()
      let free = try await bench.acceptedID(by: other)
      #expect(try await bench.claimer().claim(.main, limit: 4).map(\.job) == [free])
      #expect(try await bench.commands.store.pauses().map(\.held) == [1])
      #expect(try await bench.commands.resume(key, by: other))
      try await bench.gates.refresh()
      #expect(try await bench.claimer().claim(.main, limit: 4).map(\.job) == [held])
    }
  }

  @Test func anEndedPauseLetsStepsGoOnByItself() async throws {
    try await EngineBench.with { bench in
      try await bench.commands.store.pause(
        .agent("main"), reason: "r", for: .lasting(.seconds(60)), by: bench.principal)
      try await bench.gates.refresh()
      _ = try await bench.acceptedID()
      #expect(try await bench.claimer().claim(.main, limit: 1).isEmpty)
      let duty = ReleaseDuty(
        pool: bench.pool, dispatcher: bench.dispatcher, metrics: bench.metrics)
      _ = try await duty.run()
      #expect(try await bench.count("steps WHERE state = 2") == 1)
      _ = try await bench.pool.execute("UPDATE pauses SET expires_at = now()")
      _ = try await duty.run()
      #expect(try await bench.count("steps WHERE state = 1") == 1)
      #expect(try await bench.count("pauses") == 0)
    }
  }

  @Test func aHeldStepOfACancelledJobIsCancelled() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 0)
      let id = try await bench.acceptedID()
      _ = try await bench.claimer().claim(.main, limit: 1)
      _ = try await bench.canceller.cancel(id, by: bench.principal)
      #expect(try await bench.job(.replayed(id))?.state == .cancelled)
    }
  }

  @Test func aLaneIsRaisedByHowOftenItsFirstStepHasWaitedForTheTarget() async throws {
    try await EngineBench.with { bench in
      let pool = Target.agent("main").pool
      try await PoolStore(pool: bench.pool).setTargetWait(
        .seconds(60), of: pool, by: bench.principal)
      let duty = FloorDuty(pool: bench.pool, lanes: bench.topology.allLanes)
      _ = try await bench.acceptedID()
      for (waited, raised) in [(59, nil), (61, 1), (121, 2), (4000, 3)] as [(Int64, Int?)] {
        _ = try await bench.pool.execute(
          """
          UPDATE steps SET ready_at = now() - \(waited) * interval '1 s', rank = rank + 1
          WHERE state = 1
          """)
        while try await bench.floor() != bench.rank() { _ = try await duty.run() }
        try await bench.gates.refresh()
        #expect(bench.gates.gates.raised[.main] == raised, "\(waited) s")
      }
      _ = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      while try await bench.floor() != nil { _ = try await duty.run() }
      try await bench.gates.refresh()
      #expect(bench.gates.gates.raised.isEmpty)
    }
  }
}

extension EngineBench {
  func limit(_ key: GateKey, to maximum: Int) async throws {
    try await commands.limit(key, to: maximum, by: principal)
    try await gates.refresh()
  }

  func editor() -> JobEditor {
    JobEditor(pool: pool, content: content, dispatcher: dispatcher, metrics: metrics)
  }

  /// The lane's floor, as it was last sampled.
  fileprivate func floor() async throws -> Int64? {
    try await pool.query("SELECT rank FROM lane_floors WHERE pool = 'agent.main' AND priority = 2")
      .first?.decode("rank", as: Int64?.self) ?? nil
  }

  fileprivate func rank() async throws -> Int64? {
    try await pool.query("SELECT rank FROM steps WHERE state = 1").first?.decode("rank")
  }
}
