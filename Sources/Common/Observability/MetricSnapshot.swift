/// The values of metrics at one moment, of one process or of several added up.
///
/// Label values are bounded as in ``Metrics``; a wrong number of them traps.
public struct MetricSnapshot: Sendable, Hashable {
  /// One for each metric, in the order of ``Metric/allCases``.
  private(set) var families: [MetricFamily]

  /// No values.
  public init() {
    families = Array(repeating: MetricFamily(), count: Metric.allCases.count)
  }

  init(families: [MetricFamily]) { self.families = families }

  /// Whether no metric has a value.
  public var isEmpty: Bool { families.allSatisfy(\.points.isEmpty) }

  /// Adds what the other has: counters and histograms add up, of gauges the other's value counts.
  public mutating func merge(_ other: MetricSnapshot) {
    for metric in Metric.allCases {
      families[metric.rawValue].merge(other[metric], of: metric.definition)
    }
  }

  /// What was added since an earlier snapshot of the same process; gauges as they are.
  public func since(_ earlier: MetricSnapshot) -> MetricSnapshot {
    var result = self
    for metric in Metric.allCases {
      result.families[metric.rawValue].subtract(earlier[metric], of: metric.definition)
    }
    return result
  }

  /// Only the metrics whose processes are added up: what a process writes with its heartbeat.
  public var summed: MetricSnapshot {
    var result = MetricSnapshot()
    for metric in Metric.allCases where metric.source.isSummed {
      result.families[metric.rawValue] = self[metric]
    }
    return result
  }

  /// Replaces the value of a gauge, or the total of a counter that somebody else keeps; a histogram
  /// traps.
  public mutating func set(_ metric: Metric, _ labels: [String] = [], to value: Double) {
    precondition(metric.kind != .histogram, "\(metric) is a histogram")
    update(metric, labels) { $0.value = value }
  }

  /// Adds to a counter or a gauge; a histogram traps.
  public mutating func add(_ metric: Metric, _ labels: [String] = [], by: Double = 1) {
    precondition(metric.kind != .histogram, "\(metric) is a histogram")
    update(metric, labels) { $0.value += by }
  }

  /// The value of a counter or gauge, or how many durations a histogram counted; `nil` for a series
  /// that was never fed.
  public func value(_ metric: Metric, _ labels: [String] = []) -> Double? {
    guard let point = self[metric].point(labels, of: metric.definition) else { return nil }
    return metric.kind == .histogram ? point.counts.reduce(0, +) : point.value
  }

  /// The sum of the durations that a histogram counted, in seconds; `nil` for a series that was
  /// never fed, and for another kind.
  public func sum(_ metric: Metric, _ labels: [String] = []) -> Double? {
    metric.kind == .histogram ? self[metric].point(labels, of: metric.definition)?.value : nil
  }

  subscript(metric: Metric) -> MetricFamily { families[metric.rawValue] }

  mutating func update(
    _ metric: Metric, _ labels: [String], _ change: (inout MetricFamily.Point) -> Void
  ) {
    families[metric.rawValue].update(labels, of: metric.definition, change)
  }

  /// The series of a metric, ordered by their label values.
  func series(of metric: Metric) -> [(labels: [String], point: MetricFamily.Point)] {
    self[metric].points.map { (labels: $0.key, point: $0.value) }
      .sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
  }
}
