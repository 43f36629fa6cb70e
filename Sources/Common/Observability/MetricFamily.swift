/// All series of one metric. Which metric that is, its owner knows and says with each call.
struct MetricFamily: Sendable, Hashable {
  /// One series: a number, or the buckets of a histogram.
  struct Point: Sendable, Hashable {
    /// The value of a counter or gauge; the sum of a histogram.
    var value = 0.0
    /// How many durations fell into each bucket, and at last into none; empty for other kinds.
    /// Doubles, so that adding up never traps.
    var counts: [Double]

    init(of definition: MetricDefinition) {
      counts =
        definition.kind == .histogram
        ? Array(repeating: 0, count: definition.buckets.count + 1) : []
    }
  }

  /// The most series of one metric, those included whose values became `other`.
  static let maximumSeries = 2000

  /// By label values in the metric's order.
  private(set) var points: [[String]: Point] = [:]

  /// Changes a series, which begins at 0. Label values that may not be exposed become `other`.
  mutating func update(
    _ labels: [String], of definition: MetricDefinition, _ change: (inout Point) -> Void
  ) {
    if let index = points.index(forKey: labels) {
      change(&points.values[index])
    } else {
      change(&points[admitted(labels, of: definition), default: Point(of: definition)])
    }
  }

  /// The series whose values these are, or became.
  func point(_ labels: [String], of definition: MetricDefinition) -> Point? {
    points[labels] ?? points[admitted(labels, of: definition)]
  }

  /// Adds up counters and histograms; of gauges the other's value counts.
  mutating func merge(_ other: MetricFamily, of definition: MetricDefinition) {
    for (labels, added) in other.points {
      update(labels, of: definition) { point in
        if definition.kind == .gauge {
          point.value = added.value
        } else {
          point.value += added.value
          for (index, count) in added.counts.enumerated() { point.counts[index] += count }
        }
      }
    }
  }

  /// Takes counters and histograms off that are part of these; gauges stay.
  mutating func subtract(_ part: MetricFamily, of definition: MetricDefinition) {
    guard definition.kind != .gauge else { return }
    for (labels, taken) in part.points {
      update(labels, of: definition) { point in
        point.value = max(0, point.value - taken.value)
        for (index, count) in taken.counts.enumerated() {
          point.counts[index] = max(0, point.counts[index] - count)
        }
      }
    }
  }

  /// Label values as they may be exposed. When there are too many series already, those without a
  /// list become `other`, and those of a list stay.
  private func admitted(_ labels: [String], of definition: MetricDefinition) -> [String] {
    precondition(
      labels.count == definition.labels.count,
      "\(definition.name) has \(definition.labels.count) labels, not \(labels.count)")
    let values = zip(definition.labels, labels).map { $0.admitted($1) }
    if points.count < Self.maximumSeries - definition.reserved || points[values] != nil {
      return values
    }
    return zip(definition.labels, values).map { $0.values == nil ? MetricLabel.other : $1 }
  }
}

extension MetricDefinition {
  /// How many series there can be once all labels without a list are `other`.
  fileprivate var reserved: Int {
    labels.reduce(1) { $0 * (($1.values?.count ?? 0) + 1) }
  }
}
