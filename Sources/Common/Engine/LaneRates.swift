import Jobs
import Observability

/// How many steps go into lanes and out of them, from totals as they grow: a pure computation.
struct LaneRates: Sendable {
  private struct Sample {
    let at: ContinuousClock.Instant
    let totals: MetricSnapshot
  }

  private var samples: [Sample] = []

  /// Takes the totals of a moment; forgets those of more than a minute ago.
  mutating func take(_ totals: MetricSnapshot, at now: ContinuousClock.Instant) {
    samples.append(Sample(at: now, totals: totals))
    // One sample from before the minute stays, so that a whole minute is measured.
    while samples.count > 2, now - samples[1].at >= .seconds(60) { samples.removeFirst() }
  }

  /// Steps per second; 0 before there are two samples.
  func rates(of lane: Lane) -> (in: Double, out: Double) {
    guard let first = samples.first, let last = samples.last, last.at > first.at else {
      return (0, 0)
    }
    let seconds = (last.at - first.at) / .seconds(1)
    let growth = { (metric: Metric) -> Double in
      let before = first.totals.value(metric, lane.labels) ?? 0
      let after = last.totals.value(metric, lane.labels) ?? 0
      // A process that was retired between two readings may be missing from one of them.
      return max(0, after - before) / seconds
    }
    return (growth(.stepsReady), growth(.jobQueueWait))
  }

  /// How long one attempt at a step ran on average; `nil` when none has ended.
  func meanRun(of lane: Lane) -> Duration? {
    guard let first = samples.first?.totals, let last = samples.last?.totals else { return nil }
    let count =
      (last.value(.jobRun, lane.labels) ?? 0) - (first.value(.jobRun, lane.labels) ?? 0)
    let sum = (last.sum(.jobRun, lane.labels) ?? 0) - (first.sum(.jobRun, lane.labels) ?? 0)
    return count > 0 && sum >= 0 ? .seconds(sum / count) : nil
  }
}
