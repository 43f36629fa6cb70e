import Jobs

extension MetricSnapshot {
  /// Compact UTF-8 JSON; equal snapshots give equal bytes.
  ///
  /// An object by metric name; each series is an array of its label values and then its number, or,
  /// for a histogram, its sum and an array `[bound, count, …]` of the buckets that hold something,
  /// with `null` for the one without a bound. Values that are not finite are left out.
  public var json: [UInt8] {
    var members: [String: JSONValue] = [:]
    for metric in Metric.allCases {
      let series = series(of: metric).filter { $0.point.value.isFinite }
      guard !series.isEmpty else { continue }
      members[metric.name] = .array(
        series.map { labels, point in
          var fields = labels.map(JSONValue.string)
          fields.append(Self.number(point.value))
          if metric.kind == .histogram { fields.append(Self.counts(point, metric.buckets)) }
          return .array(fields)
        })
    }
    return JSONValue.object(members).json
  }

  /// Reads what ``json`` wrote, also in another version: unknown metrics are skipped, and so are
  /// series that have other labels, or a number that the metric cannot have. A bucket whose bound is
  /// not known any more is added to the next larger one.
  ///
  /// - Returns: `nil` when the bytes are no JSON object.
  public init?(json: some Sequence<UInt8>) {
    // Why it is no JSON is of no use to anybody: OpenClaw wrote it.
    guard case .object(let members)? = try? JSONValue(json: json) else { return nil }
    self.init()
    for metric in Metric.allCases {
      for series in members[metric.name]?.elements ?? [] { read(series, of: metric) }
    }
  }

  private mutating func read(_ series: JSONValue, of metric: Metric) {
    let isHistogram = metric.kind == .histogram
    let count = metric.labels.count
    guard let fields = series.elements, fields.count == count + (isHistogram ? 2 : 1),
      let value = Self.double(fields[count]), metric.kind == .gauge || value >= 0
    else { return }
    let labels = fields[..<count].compactMap(\.text)
    guard labels.count == count else { return }
    if isHistogram {
      guard let counts = Self.counts(fields[count + 1], metric.buckets) else { return }
      update(metric, labels) { point in
        point.value += value
        for (bucket, count) in counts { point.counts[bucket] += count }
      }
    } else {
      // Two series become one when their values are no longer in the list.
      update(metric, labels) { $0.value = metric.kind == .gauge ? value : $0.value + value }
    }
  }

  private static func counts(_ point: MetricFamily.Point, _ bounds: [Double]) -> JSONValue {
    var fields: [JSONValue] = []
    for (index, count) in point.counts.enumerated() where count > 0 {
      fields.append(index < bounds.count ? number(bounds[index]) : .null)
      fields.append(number(count))
    }
    return .array(fields)
  }

  private static func counts(
    _ value: JSONValue, _ bounds: [Double]
  ) -> [(bucket: Int, count: Double)]? {
    guard let fields = value.elements, fields.count.isMultiple(of: 2) else { return nil }
    var counts: [(bucket: Int, count: Double)] = []
    for index in stride(from: 0, to: fields.count, by: 2) {
      guard let count = double(fields[index + 1]), count >= 0 else { return nil }
      if fields[index] == .null {
        counts.append((bounds.count, count))
      } else if let bound = double(fields[index]) {
        counts.append((bounds.firstIndex { bound <= $0 } ?? bounds.count, count))
      } else {
        return nil
      }
    }
    return counts
  }

  private static func number(_ value: Double) -> JSONValue {
    Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
  }

  private static func double(_ value: JSONValue) -> Double? {
    switch value {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
