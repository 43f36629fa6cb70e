/// Writes metrics as Prometheus and its kin read them.
public enum MetricsText {
  /// The two text formats.
  public enum Format: Sendable, CaseIterable {
    /// Prometheus text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics
  }

  /// The value of `Content-Type`.
  public static func contentType(_ format: Format) -> String {
    switch format {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }

  /// All metrics that have a series, in the order of ``Metric/allCases``, as UTF-8.
  public static func render(_ snapshot: MetricSnapshot, as format: Format) -> [UInt8] {
    var text = Text(format: format)
    for metric in Metric.allCases { text.write(metric, snapshot.series(of: metric)) }
    return text.finished()
  }

  /// The text so far.
  private struct Text {
    let format: Format
    var bytes: [UInt8] = []

    mutating func write(
      _ metric: Metric, _ series: [(labels: [String], point: MetricFamily.Point)]
    ) {
      guard !series.isEmpty else { return }
      writeHead(of: metric)
      for (labels, point) in series {
        let pairs = Self.pairs(metric, labels)
        if metric.kind == .histogram {
          write(metric, pairs, point)
        } else {
          line(metric.name, pairs, point.value)
        }
      }
    }

    /// A counter's family has no `_total` in OpenMetrics, and must have it in Prometheus.
    private mutating func writeHead(of metric: Metric) {
      var family = metric.name
      if format == .openMetrics, metric.kind == .counter { family.removeLast("_total".count) }
      bytes += "# HELP \(family) \(metric.help)\n".utf8
      bytes += "# TYPE \(family) \(metric.kind.rawValue)\n".utf8
      if format == .openMetrics, metric.unit != .count {
        bytes += "# UNIT \(family) \(metric.unit.rawValue)\n".utf8
      }
    }

    private mutating func write(_ metric: Metric, _ pairs: [String], _ point: MetricFamily.Point) {
      var total = 0.0
      for (index, count) in point.counts.enumerated() {
        total += count
        // Written as 1.0, which OpenMetrics demands and Prometheus makes of every 1.
        let bound = index < metric.buckets.count ? metric.buckets[index].description : "+Inf"
        line("\(metric.name)_bucket", pairs + ["le=\"\(bound)\""], total)
      }
      line("\(metric.name)_sum", pairs, point.value)
      line("\(metric.name)_count", pairs, total)
    }

    private mutating func line(_ name: String, _ pairs: [String], _ value: Double) {
      bytes += name.utf8
      if !pairs.isEmpty { bytes += "{\(pairs.joined(separator: ","))}".utf8 }
      bytes += " \(Self.number(value))\n".utf8
    }

    private static func pairs(_ metric: Metric, _ labels: [String]) -> [String] {
      zip(metric.labels, labels).map { label, value in "\(label.name)=\"\(escaped(value))\"" }
    }

    private static func escaped(_ value: String) -> String {
      var result = ""
      for scalar in value.unicodeScalars {
        switch scalar {
        case "\\": result += "\\\\"
        case "\"": result += "\\\""
        case "\n": result += "\\n"
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result
    }

    private static func number(_ value: Double) -> String {
      if value.isNaN { return "NaN" }
      if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
      return Int64(exactly: value).map(String.init) ?? value.description
    }

    func finished() -> [UInt8] { format == .openMetrics ? bytes + "# EOF\n".utf8 : bytes }
  }
}
