import Observability
import Testing

@Suite struct MetricsTests {
  private let metrics = Metrics()

  @Test func countsAddUpBySeries() {
    metrics.add(.jobsStarted, ["agent.main", "urgent"])
    metrics.add(.jobsStarted, ["agent.main", "urgent"], by: 2)
    metrics.add(.jobsStarted, ["agent.main", "low"])
    let now = metrics.snapshot()
    #expect(now.value(.jobsStarted, ["agent.main", "urgent"]) == 3)
    #expect(now.value(.jobsStarted, ["agent.main", "low"]) == 1)
    #expect(now.value(.jobsStarted, ["skill.files", "low"]) == nil)
  }

  @Test func aCounterNeverFalls() {
    for step: Double in [-1, .nan, .infinity, -.infinity, 0] {
      metrics.add(.amqpReturned, by: step)
    }
    #expect(metrics.snapshot().value(.amqpReturned) == 0)
  }

  @Test func theLastValueOfAGaugeCounts() {
    metrics.set(.outboxRows, to: 7)
    metrics.set(.outboxRows, to: 3)
    #expect(metrics.snapshot().value(.outboxRows) == 3)
  }

  @Test func durationsFallIntoTheFirstBucketThatHoldsThem() {
    for seconds in [0.001, 0.0011, 31, -5, .nan] { metrics.observe(.amqpConfirm, seconds: seconds) }
    metrics.observe(.amqpConfirm, duration: .milliseconds(250))
    let now = metrics.snapshot()
    #expect(now.value(.amqpConfirm) == 6)
    #expect(now.sum(.amqpConfirm).map { abs($0 - 31.2521) < 1e-9 } == true)
    let text = String(decoding: MetricsText.render(now, as: .prometheus), as: UTF8.self)
    for line in [
      #"openclaw_amqp_confirm_seconds_bucket{le="0.001"} 3"#,
      #"openclaw_amqp_confirm_seconds_bucket{le="0.0025"} 4"#,
      #"openclaw_amqp_confirm_seconds_bucket{le="0.25"} 5"#,
      #"openclaw_amqp_confirm_seconds_bucket{le="30.0"} 5"#,
      #"openclaw_amqp_confirm_seconds_bucket{le="+Inf"} 6"#,
    ] { #expect(text.contains(line + "\n")) }
  }

  @Test func summedMetricsWithoutLabelsBeginAtZero() {
    let now = metrics.snapshot()
    #expect(now.value(.rateLimitRejected) == 0)
    #expect(now.value(.amqpConfirm) == 0)
    #expect(now.value(.outboxRows) == nil)
    #expect(now.value(.processCPU) == nil)
  }

  @Test func aSnapshotStaysAsItWas() {
    metrics.add(.amqpReturned)
    let before = metrics.snapshot()
    metrics.add(.amqpReturned)
    #expect(before.value(.amqpReturned) == 1)
    #expect(metrics.snapshot().value(.amqpReturned) == 2)
  }

  @Test func manyThreadsLoseNoCount() async {
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask { [metrics] in
          for _ in 0..<10_000 {
            metrics.add(.jobsStarted, ["pool\(worker % 2)", "high"])
            metrics.observe(.jobRun, ["agent.main", "high"], seconds: 1)
          }
        }
        group.addTask { [metrics] in for _ in 0..<100 { _ = metrics.snapshot() } }
      }
    }
    let now = metrics.snapshot()
    #expect(now.value(.jobsStarted, ["pool0", "high"]) == 40_000)
    #expect(now.value(.jobsStarted, ["pool1", "high"]) == 40_000)
    #expect(now.value(.jobRun, ["agent.main", "high"]) == 80_000)
    #expect(now.sum(.jobRun, ["agent.main", "high"]) == 80_000)
  }

  @Test func aValueThatIsNotListedBecomesOther() {
    metrics.add(.jobsStarted, ["agent.main", "enormous"])
    metrics.add(.jobsStarted, ["agent.main", "other"])
    metrics.add(.jobsStarted, [String(repeating: "é", count: 65), "low"])
    let now = metrics.snapshot()
    #expect(now.value(.jobsStarted, ["agent.main", "other"]) == 2)
    #expect(now.value(.jobsStarted, ["other", "low"]) == 1)
  }

  @Test func afterTooManySeriesOpenLabelsBecomeOther() {
    for pool in 0..<5_000 {
      for priority in ["urgent", "low"] { metrics.add(.jobsStarted, ["pool\(pool)", priority]) }
    }
    metrics.add(.jobsStarted, ["pool0", "urgent"])
    let now = metrics.snapshot()
    let text = String(decoding: MetricsText.render(now, as: .prometheus), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { $0.hasPrefix("openclaw_jobs_started_total{") }
    #expect((1_900...2_000).contains(lines.count))
    let total = lines.compactMap { Double($0.split(separator: " ")[1]) }.reduce(0, +)
    #expect(total == 10_001)
    #expect(now.value(.jobsStarted, ["pool0", "urgent"]) == 2)
    #expect((now.value(.jobsStarted, ["other", "low"]) ?? 0) > 4_000)
    #expect(now.value(.jobsStarted, ["other", "other"]) == nil)
  }

  @Test func aWrongNumberOfLabelsTraps() async {
    await #expect(processExitsWith: .failure) { Metrics().add(.jobsStarted, ["agent.main"]) }
    await #expect(processExitsWith: .failure) { Metrics().add(.amqpReturned, [""]) }
    await #expect(processExitsWith: .failure) { _ = MetricSnapshot().value(.jobsStarted) }
  }

  @Test func theWrongKindTraps() async {
    await #expect(processExitsWith: .failure) { Metrics().add(.outboxRows) }
    await #expect(processExitsWith: .failure) { Metrics().set(.amqpReturned, to: 1) }
    await #expect(processExitsWith: .failure) { Metrics().observe(.amqpReturned, seconds: 1) }
  }
}
