import Foundation
import JobQueue
import Jobs
import Observability
import Postgres
import Storage
import TestSupport
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct MonitorTests {
  static func monitor(
    _ bench: EngineBench, _ telemetry: Telemetry? = nil
  ) throws -> SystemMonitor {
    SystemMonitor(
      pool: bench.pool,
      broker: BrokerGauge(inspector: try bench.inspector(), logger: TestDatabase.quiet),
      topology: bench.topology,
      telemetry: telemetry
        ?? Telemetry(
          process: UUID(), metrics: bench.metrics, pool: bench.pool, isReader: true,
          logger: TestDatabase.quiet), logger: TestDatabase.quiet)
  }

  @Test func aLaneTellsWhatWaitsRunsAndDied() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.accept() }
      let claimer = bench.claimer()
      let steps = try await claimer.claim(.main, limit: 2)
      let bad = StepFailure(.badInput, code: "x", message: "x")
      _ = try await bench.finisher.finish(steps[0], .failed(bad))
      let lanes = try await Self.monitor(bench).lanes().lanes
      let lane = try #require(lanes.first { $0.lane == .main })
      #expect(lane.ready == 1 && lane.running == 1 && lane.dead == 1 && lane.dueLater == 0)
      #expect(lane.oldestAge != nil && lane.held.isEmpty && lane.broker == nil)
      #expect(lanes.count == bench.topology.allLanes.count)
    }
  }

  @Test func heldStepsAreToldByWhatHoldsThem() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.delegated()
      var options = JobOptions()
      options.session = SessionName("talk")
      for _ in 0..<3 { _ = try await bench.acceptedID(options: options) }
      let other = try await bench.principal(named: "other")
      try await bench.commands.store.pause(.user(other.user), reason: "r", for: .endless, by: other)
      try await bench.limit(.agent("main"), to: 1)
      for _ in 0..<2 { _ = try await bench.acceptedID(by: other) }
      for _ in 0..<4 { _ = try await bench.acceptedID() }
      #expect(try await bench.claimer().claim(.main, limit: 10).count == 1)
      let moved = try await bench.pool.query(
        """
        UPDATE steps SET held_by = NULL WHERE id = (
          SELECT id FROM steps WHERE state = 2 AND held_by LIKE 'limit:%' LIMIT 1) RETURNING id
        """)
      let monitor = try Self.monitor(bench)
      let lanes = try await monitor.lanes().lanes
      let held = try #require(lanes.first { $0.lane == .main }?.held)
      #expect(held == ["session": 2, "limit": 3, "pause": 2] && moved.count == 1)
      let counts = try await QueueReader(pool: bench.pool).counts()
      #expect(counts[.coder]?.held == ["child": 1])
      let metric = await monitor.metrics().value(.queueMessages, Lane.main.labels + ["held"])
      #expect(metric == 7)
      #expect(await monitor.metrics().value(.limitHeldSteps, Lane.main.labels) == 3)
    }
  }

  @Test func whatIsPausedShowsAtItsLanesAndInTheMetrics() async throws {
    try await EngineBench.with { bench in
      let monitor = try Self.monitor(bench)
      _ = try await monitor.lanes()
      let pool = Lane.main.pool
      let store = bench.commands.store
      for key in [GateKey.pool(pool), .user(bench.principal.user)] {
        try await store.pause(key, reason: "r", for: .endless, by: bench.principal)
      }
      _ = try await bench.pool.execute("UPDATE pauses SET paused_at = now() - interval '2 days'")
      try await store.pause(
        .lane(.main), reason: nil, for: .lasting(.seconds(600)), by: bench.principal)
      // Although the sample is older.
      let lanes = try await monitor.lanes().lanes
      #expect(lanes.count { $0.paused?.key == .pool(pool) } == 4)
      #expect(lanes.count { $0.paused != nil } == 4)
      let record = try await monitor.poolRecords().first { $0.pool == pool }
      #expect(record?.paused?.owner == "tester")
      let metrics = await monitor.metrics()
      #expect(metrics.value(.queuePaused, Lane.main.labels) == 1)
      #expect(metrics.value(.queuePaused, Lane.files.labels) == 0)
      let pauses = ["pool", "lane", "user", "agent"].map { metrics.value(.pauses, [$0]) }
      #expect(pauses == [1, 1, 1, 0])
      #expect(metrics.value(.endlessPauseAge, ["pool"]) ?? 0 > 86_400)
      #expect(metrics.value(.endlessPauseAge, ["lane"]) == 0)
      let kinds = Metric.pauses.labels.first?.values
      #expect(kinds == GateKey.Kind.allCases.map(\.rawValue))
    }
  }

  @Test func whatATokenIsForIsToldWhileItIsInForce() async throws {
    try await EngineBench.with { bench in
      let token = bench.principal.token
      let terms = try #require(try await bench.identities.terms(of: token))
      #expect(terms.name == "t" && terms.expiresAt > terms.createdAt)
      _ = try await bench.identities.revokeToken(token)
      #expect(try await bench.identities.terms(of: token) == nil)
      #expect(try await bench.commands.store.hasUser(bench.principal.user))
      #expect(try await !bench.commands.store.hasUser(UserID()))
    }
  }

  @Test func whatIsHeldFromTheStartIsNotCountedAsReady() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      for _ in 0..<3 { _ = try await bench.acceptedID(options: options) }
      options.session = nil
      options.signal = SignalWait(signal: try #require(SignalName("go")))
      _ = try await bench.acceptedID(options: options)
      #expect(bench.metrics.snapshot().value(.stepsReady, Lane.main.labels) == 1)
    }
  }

  @Test func aStepThatWasTakenBackIsNoOldOne() async throws {
    try await EngineBench.with { bench in
      _ = try await bench.accept()
      let step = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      _ = try await bench.pool.execute(
        "UPDATE steps SET rank = rank - 600000000, ready_at = ready_at - interval '10 min'")
      _ = try await bench.finisher.finish(step, .released)
      let lane = try await Self.monitor(bench).lanes().lanes.first { $0.lane == .main }
      let age = try #require(lane?.oldestAge)
      #expect(lane?.ready == 1 && age < .seconds(30))
      let again = try #require(try await bench.claimer().claim(.main, limit: 1).first)
      #expect(again.waited < .seconds(30))
    }
  }

  @Test func aPoolIsScaledOnlyWhereSomebodyActsOnIt() async throws {
    try await EngineBench.with { bench in
      let monitor = try Self.monitor(bench)
      let pool = Lane.main.pool
      let store = PoolStore(pool: bench.pool)
      func answer() async throws -> String {
        "\(try await monitor.scale(pool, to: 3, by: bench.principal) as Any)"
      }
      #expect(try await answer().contains("notManaged"))
      #expect(try await store.manage([pool]).isEmpty)
      #expect(try await answer().contains("accepted"))
      #expect(try await store.manage([pool]) == [pool: 3])
      let record = try await monitor.poolRecords().first { $0.pool == pool }
      #expect(record?.desired == 3 && record?.isManaged == true && record?.workers == 0)
      let nowhere = try #require(Pool("agent.nobody"))
      #expect(try await monitor.scale(nowhere, to: 1, by: bench.principal) == nil)
      try await store.release([pool])
      #expect(try await store.settings()[pool]?.isManaged == false)
    }
  }

  @Test func anOrderToAWorkerThatIsNotThereLeavesNoTrace() async throws {
    try await EngineBench.with { bench in
      let store = PoolStore(pool: bench.pool)
      let isTold = try await store.drain(WorkerID(), by: bench.principal)
      let traces = try await bench.count("audit_log WHERE action = 'worker.drain'")
      #expect(!isTold && traces == 0)
    }
  }

  @Test func countersOfAllProcessesAddUpAndSurviveThem() async throws {
    try await EngineBench.with { bench in
      let (first, second) = (Metrics(), Metrics())
      let lane = Lane.main.labels
      first.add(.jobsRetried, lane, by: 2)
      second.add(.jobsRetried, lane, by: 5)
      let gone = UUID()
      for (process, metrics) in [(gone, first), (UUID(), second)] {
        _ = try await bench.pool.execute(
          TelemetryStatements.write(process, snapshot: metrics.snapshot().summed.json))
      }
      let own = Metrics()
      own.add(.jobsRetried, lane)
      func total() async throws -> Double? {
        let telemetry = Telemetry(
          process: UUID(), metrics: own, pool: bench.pool, isReader: true,
          logger: TestDatabase.quiet)
        await telemetry.exchange()
        defer { _ = telemetry }
        return telemetry.total().value(.jobsRetried, lane)
      }
      #expect(try await total() == 8)
      _ = try await bench.pool.execute(
        "UPDATE telemetry SET seen_at = now() - interval '2 hours' WHERE process_id = \(gone)")
      #expect(try await TelemetryDuty(pool: bench.pool).run() == false)
      #expect(try await bench.count("telemetry WHERE process_id = \(gone)") == 0)
      #expect(try await total() ?? 0 >= 8)
    }
  }

  @Test func aProcessThatWasTakenForGoneIsNotCountedTwice() async throws {
    try await EngineBench.with { bench in
      let (process, metrics, lane) = (UUID(), Metrics(), Lane.main.labels)
      let telemetry = Telemetry(
        process: process, metrics: metrics, pool: bench.pool, isReader: true,
        logger: TestDatabase.quiet)
      // Twice, as it may sleep more than once.
      for round in 1...2 {
        metrics.add(.jobsRetried, lane, by: 5)
        metrics.observe(.jobQueueWait, lane, seconds: 1)
        await telemetry.exchange()
        _ = try await bench.pool.execute(
          "UPDATE telemetry SET seen_at = now() - interval '2 hours'")
        _ = try await TelemetryDuty(pool: bench.pool).run()
        #expect(try await bench.count("telemetry WHERE process_id = \(process)") == 0)
        metrics.add(.jobsRetried, lane)
        for _ in 0..<2 {
          await telemetry.exchange()
          #expect(telemetry.total().value(.jobsRetried, lane) == Double(6 * round))
          #expect(telemetry.total().value(.jobQueueWait, lane) == Double(round))
          #expect(telemetry.total().sum(.jobQueueWait, lane) == Double(round))
        }
      }
    }
  }

  @Test func ratesAreWhatGrewOverTheLastMinute() {
    var rates = LaneRates()
    let start = ContinuousClock.now
    #expect(rates.rates(of: .main) == (0, 0))
    for second in stride(from: 0, through: 120, by: 5) {
      var totals = MetricSnapshot()
      totals.set(.stepsReady, Lane.main.labels, to: Double(second * (second > 60 ? 4 : 2)))
      rates.take(totals, at: start + .seconds(second))
    }
    // From 120 at second 60 to 480 at second 120.
    #expect(rates.rates(of: .main).in == 6)
    #expect(rates.rates(of: .files) == (0, 0))
  }

  @Test func aBatchIsStoredItemByItem() async throws {
    try await EngineBench.with { bench in
      let same = JobRequest(
        target: .agent("main"), input: "x", priority: .normal, idempotencyKey: "k")
      let other = JobRequest(target: .agent("main"), input: "y", priority: .normal)
      let many = [(same, [1]), (same, [1]), (same, [2])] + (0..<600).map { _ in (other, [3]) }
      let answers = await bench.acceptor.acceptAll(
        many.map { ($0.0, $0.1.map { UInt8($0) }) }, by: bench.principal)
      guard case .success(.stored(let id, _)) = answers[0] else {
        Issue.record("\(answers[0])")
        return
      }
      #expect(answers[1] == .success(.replayed(id)))
      #expect(answers[2] == .failure(.keyReused))
      #expect(try await bench.count("jobs WHERE true") == 601)
      let mine = try await bench.reader.jobs([id, JobID()], of: bench.principal.user)
      let others = try await bench.reader.jobs([id], of: UserID())
      #expect(mine.map(\.id) == [id] && others.isEmpty)
    }
  }
}
