import Observability
import Testing

@Suite struct MetricSnapshotTests {
  private let lane = ["agent.main", "high"]

  private func counted(_ count: Double, rows: Double, waits: [Double]) -> MetricSnapshot {
    let metrics = Metrics()
    metrics.add(.jobsStarted, lane, by: count)
    metrics.set(.outboxRows, to: rows)
    for wait in waits { metrics.observe(.jobQueueWait, lane, seconds: wait) }
    return metrics.snapshot()
  }

  @Test func totalsAddUpAndTheLaterGaugeWins() {
    var all = counted(2, rows: 10, waits: [0.1, 5])
    all.merge(counted(3, rows: 4, waits: [100_000]))
    #expect(all.value(.jobsStarted, lane) == 5)
    #expect(all.value(.outboxRows) == 4)
    #expect(all.value(.jobQueueWait, lane) == 3)
    #expect(all.sum(.jobQueueWait, lane) == 100_005.1)
  }

  @Test func whatWasAddedSinceIsTold() {
    let early = counted(2, rows: 10, waits: [1])
    var late = early
    late.merge(counted(3, rows: 4, waits: [5, 7]))
    let added = late.since(early)
    #expect(added.value(.jobsStarted, lane) == 3)
    #expect(added.value(.outboxRows) == 4)
    #expect(added.value(.jobQueueWait, lane) == 2)
    #expect(added.sum(.jobQueueWait, lane) == 12)
    #expect(late.since(MetricSnapshot()) == late)
    // Totals never fall, whatever else was said before.
    #expect(early.since(late).value(.jobsStarted, lane) == 0)
  }

  @Test func addingNothingChangesNothing() {
    let some = counted(2, rows: 10, waits: [1])
    var merged = some
    merged.merge(MetricSnapshot())
    #expect(merged == some)
    var other = MetricSnapshot()
    other.merge(some)
    #expect(other == some)
    #expect(MetricSnapshot().isEmpty && !some.isEmpty)
  }

  @Test func valuesCanBeSetAndAdded() {
    var sampled = MetricSnapshot()
    sampled.set(.queueMessages, lane + ["ready"], to: 4)
    sampled.add(.queueMessages, lane + ["ready"], by: 2)
    sampled.set(.processCPU, to: 1.5)
    #expect(sampled.value(.queueMessages, lane + ["ready"]) == 6)
    #expect(sampled.value(.processCPU) == 1.5)
  }

  @Test func onlySummedMetricsGoWithTheHeartbeat() {
    let metrics = Metrics()
    metrics.add(.jobsStarted, lane)
    metrics.set(.outboxRows, to: 1)
    metrics.observe(.httpRequestDuration, ["/healthz", "GET", "200"], seconds: 1)
    let summed = metrics.snapshot().summed
    #expect(summed.value(.jobsStarted, lane) == 1)
    #expect(summed.value(.outboxRows) == nil)
    #expect(summed.value(.httpRequestDuration, ["/healthz", "GET", "200"]) == nil)
  }

  @Test func manyProcessesStayWithinTheBound() {
    var all = MetricSnapshot()
    for process in 0..<30 {
      var one = MetricSnapshot()
      for pool in 0..<100 { one.add(.jobsStarted, ["p\(process)_\(pool)", "low"]) }
      all.merge(one)
    }
    let text = String(decoding: MetricsText.render(all, as: .prometheus), as: UTF8.self)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count <= 2_000)
    #expect(lines.compactMap { Double($0.split(separator: " ")[1]) }.reduce(0, +) == 3_000)
  }
}
