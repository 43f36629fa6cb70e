import Foundation
import Jobs
import Observability
import Postgres
import Storage
import Testing

@testable import Engine

/// Why a job waits: cause, place, remedy, and an estimate with its grounds or why there is none.
@Suite(.timeLimit(.minutes(1))) struct WhyTests {
  private static func wait(
    _ bench: EngineBench, _ job: JobID, lanes: [LaneStatus] = []
  ) async throws -> WaitReason {
    let steps = try await WaitReader(pool: bench.pool).waiting(of: job, user: bench.user)
    let step = try #require(steps.last)
    var wait = StepWait(step, of: job, error: nil)
    wait.line = LaneLine(of: step, among: lanes, raised: [:])
    return wait.reason
  }

  private static func lane(
    _ priority: Priority, ready: Int = 0, rate: Double = 0, run: Duration? = nil
  ) -> LaneStatus {
    var status = LaneStatus(
      lane: Lane(pool: Lane.main.pool, priority: priority), queue: "", ready: ready, running: 0,
      held: [:], dueLater: 0, dead: 0, unconfirmed: 0, oldestAge: nil, rateIn: 0, rateOut: rate,
      consumers: 1, broker: nil)
    status.meanRun = run
    return status
  }

  private static func serve(_ bench: EngineBench) async throws {
    _ = try await bench.pool.query(
      WorkerStore.seen(
        WorkerStore.Presence(
          id: WorkerID(), pools: [Lane.main.pool], concurrency: 4, host: "h", pid: 1, version: "1"))
    )
  }

  @Test func aLimitTellsThePlaceAndHowLongItsSlotsAreTaken() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.agent("main"), to: 2)
      for _ in 0..<5 { _ = try await bench.acceptedID() }
      let last = try await bench.acceptedID()
      #expect(try await bench.claimer().claim(.main, limit: 9).count == 2)
      let reason = try await Self.wait(bench, last, lanes: [Self.lane(.normal, run: .seconds(4))])
      #expect(reason.cause == .limit && reason.ahead == 3)
      #expect(reason.detail.contains("lets 2 run at once. 3 steps held by it are before"))
      // Four have to end, of two at once, 4 s each.
      #expect(reason.estimate.duration == .seconds(8))
      #expect(reason.estimate.basis.hasPrefix("4 have to end, 2 steps run under it, a step of"))
      _ = try await bench.pool.execute(
        "UPDATE steps SET started_at = now() - interval '10 s' WHERE state = 3")
      let young = try await Self.wait(bench, last)
      #expect(young.estimate.basis.contains("they have run for 10."))
      #expect(abs((young.estimate.duration ?? .zero) / .seconds(1) - 20) < 2)
      try await bench.limit(.agent("main"), to: 1)
      let lowered = try await Self.wait(bench, last, lanes: [Self.lane(.normal, run: .seconds(4))])
      #expect(lowered.detail.contains("lets 1 run at once, and 2 still do"))
      #expect(lowered.estimate.duration == .seconds(10))
    }
  }

  @Test func aLimitOfZeroSaysThatNothingWillEndIt() async throws {
    try await EngineBench.with { bench in
      try await bench.limit(.eachUser, to: 0)
      let job = try await bench.acceptedID()
      #expect(try await bench.claimer().claim(.main, limit: 9).isEmpty)
      let reason = try await Self.wait(bench, job)
      #expect(reason.cause == .limit && reason.ahead == 0 && reason.estimate.duration == nil)
      #expect(reason.detail == "The limit user:\(bench.user) is 0: none may start.")
      #expect(reason.remedy.hasPrefix("An operator raises or lifts it"))
      #expect(reason.estimate.basis.contains("the limit is 0"))
    }
  }

  @Test func aSessionTellsTheJobsBeforeAndHowLongSuchJobsTook() async throws {
    try await EngineBench.with { bench in
      for _ in 0..<3 { _ = try await bench.acceptedID() }
      _ = try await bench.pool.execute(
        """
        UPDATE jobs SET state = 4, started_at = now() - interval '9 s',
          finished_at = now() - interval '3 s'
        """)
      _ = try await bench.pool.execute("DELETE FROM steps WHERE true")
      var options = JobOptions()
      options.session = SessionName("talk")
      let first = try await bench.acceptedID(options: options)
      _ = try await bench.acceptedID(options: options)
      let third = try await bench.acceptedID(options: options)
      let reason = try await Self.wait(bench, third)
      #expect(reason.cause == .session && reason.ahead == 2)
      #expect(
        reason.detail
          == "Job \(first) of its session has not begun. 2 jobs of the session are before it.")
      #expect(reason.estimate.duration == .seconds(12))
      #expect(reason.estimate.basis.contains("3 for agent:main took 6.0 s on average"))
      _ = try await bench.claimer().claim(.main, limit: 1)
      _ = try await bench.pool.execute(
        "UPDATE steps SET started_at = now() - interval '4 s' WHERE state = 3")
      let later = try await Self.wait(bench, third)
      #expect(later.detail.contains("runs, since 4."))
      #expect(abs((later.estimate.duration ?? .zero) / .seconds(1) - 8) < 1)
    }
  }

  @Test func withoutEarlierJobsASessionSaysWhyThereIsNoEstimate() async throws {
    try await EngineBench.with { bench in
      var options = JobOptions()
      options.session = SessionName("talk")
      _ = try await bench.acceptedID(options: options)
      let reason = try await Self.wait(bench, try await bench.acceptedID(options: options))
      #expect(reason.ahead == 1 && reason.estimate.duration == nil)
      #expect(reason.estimate.basis.contains("no job for agent:main has ended"))
    }
  }

  @Test func aDelegatedJobTellsWhatItWaitsForItself() async throws {
    try await EngineBench.with { bench in
      let jobs = try await bench.delegated()
      let explainer = JobExplainer(
        pool: bench.pool, content: bench.content, monitor: try MonitorTests.monitor(bench))
      let reasons = try await explainer.reasons(of: jobs.parent, user: bench.user)
      let reason = try #require(reasons.waits.first { $0.cause == .child })
      #expect(
        reason.detail.contains("(agent:coder), which it has delegated and which has not begun."))
      #expect(reason.detail.hasSuffix("No worker serves the pool agent.coder."))
      #expect(reason.estimate.duration == nil && !reason.estimate.basis.isEmpty)
    }
  }

  @Test func aPauseTellsItsEndOrThatItHasNone() async throws {
    try await EngineBench.with { bench in
      let job = try await bench.acceptedID()
      let (key, store) = (GateKey.pool(Lane.main.pool), bench.commands.store)
      try await store.pause(key, reason: nil, for: .endless, by: bench.principal)
      let endless = try await Self.wait(bench, job)
      #expect(endless.cause == .paused && endless.estimate.duration == nil)
      #expect(endless.detail == "pool:agent.main was paused by tester.")
      #expect(endless.estimate.basis.contains("no end"))
      try await store.pause(key, reason: "r", for: .lasting(.seconds(60)), by: bench.principal)
      let lasting = try await Self.wait(bench, job)
      #expect(lasting.until != nil)
      #expect(abs((lasting.estimate.duration ?? .zero) / .seconds(1) - 60) < 5)
    }
  }

  @Test func theFirstLowStepIsToldOfTheMoreUrgentOnes() async throws {
    try await EngineBench.with { bench in
      try await Self.serve(bench)
      let options = JobOptions()
      guard case .stored(let job, _) = try await bench.accept(priority: .low, options: options)
      else { throw EngineBench.NotStored() }
      let low = Self.lane(.low, ready: 1)
      let reason = try await Self.wait(
        bench, job, lanes: [Self.lane(.urgent, ready: 10_000, rate: 5), low])
      #expect(reason.cause == .queue && reason.ahead == 9)
      #expect(
        reason.detail == "It is the first in agent.main.low, but about 9 steps of the pool's other "
          + "lanes start before it.")
      #expect(reason.estimate.duration == .seconds(2))
      #expect(
        reason.estimate.basis == "9 before it, 5.0 starts/s of agent.main over the last minute")
      // Lanes that are paused take no turns.
      var urgent = Self.lane(.urgent, ready: 10_000, rate: 5)
      urgent.paused = PauseRecord(
        key: .priority(.urgent), reason: "", owner: "o", since: Date(), until: nil, held: 0)
      let alone = try await Self.wait(bench, job, lanes: [urgent, low])
      #expect(alone.cause == .slot && alone.ahead == 0)
      let idle = try await Self.wait(bench, job, lanes: [low])
      #expect(idle.estimate.duration == nil)
      #expect(idle.estimate.basis.contains("no step of agent.main has started"))
    }
  }

  @Test func runsAreAveragedOverTheLastMinute() {
    var rates = LaneRates()
    let metrics = Metrics()
    let start = ContinuousClock.now
    rates.take(metrics.snapshot(), at: start)
    metrics.observe(.jobRun, Lane.main.labels, duration: .seconds(1))
    metrics.observe(.jobRun, Lane.main.labels, duration: .seconds(3))
    rates.take(metrics.snapshot(), at: start + .seconds(5))
    #expect(rates.meanRun(of: .main) == .seconds(2) && rates.meanRun(of: .files) == nil)
  }
}

extension EngineBench {
  fileprivate var user: UserID { principal.user }
}
