import Observability
import Testing

@Suite struct MetricTests {
  @Test func namesAreUniqueAndSayKindAndUnit() {
    #expect(Set(Metric.allCases.map(\.name)).count == Metric.allCases.count)
    for metric in Metric.allCases {
      #expect(metric.name.wholeMatch(of: /[a-z][a-z0-9_]*/) != nil)
      #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
      var family = metric.name
      if metric.kind == .counter { family.removeLast("_total".count) }
      for unit in [MetricDefinition.Unit.seconds, .bytes, .usd] {
        #expect(family.hasSuffix("_\(unit.rawValue)") == (metric.unit == unit), "\(metric.name)")
      }
    }
  }

  @Test func aMetricIsFoundByItsName() {
    for metric in Metric.allCases { #expect(Metric(name: metric.name) == metric) }
    #expect(Metric(name: "openclaw_outbox") == nil)
  }

  @Test func onlyHistogramsHaveBucketsAndTheyRise() {
    for metric in Metric.allCases {
      #expect(metric.buckets.isEmpty == (metric.kind != .histogram))
      #expect(zip(metric.buckets, metric.buckets.dropFirst()).allSatisfy { $0 < $1 })
    }
  }

  @Test func helpIsOneSentenceThatNeedsNoEscapes() {
    for metric in Metric.allCases {
      #expect(metric.help.hasSuffix("."))
      #expect(metric.help.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F })
      #expect(!metric.help.contains { "\\\"|".contains($0) })
    }
  }

  @Test func labelsAreFewAndNeverIds() {
    let known: Set = [
      "pool", "priority", "outcome", "state", "provider", "model", "direction", "duty", "skill",
      "route",
      "method", "status", "version", "table", "kind", "reason",
    ]
    for metric in Metric.allCases {
      #expect(metric.labels.count <= 3)
      #expect(known.isSuperset(of: metric.labels.map(\.name)))
      for label in metric.labels { #expect(label.values?.contains(MetricLabel.other) != true) }
    }
  }
}
