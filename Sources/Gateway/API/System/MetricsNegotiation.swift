import Observability

/// Chooses the text format for metrics by `Accept` (RFC 9110, section 12.5.1).
///
/// Prometheus text is the answer to whoever accepts neither, as scrapers expect.
struct MetricsNegotiation {
  /// One media range of the header.
  private struct Range {
    let type: String
    let version: String?
    /// 0 to 1.
    let quality: Double

    init?(_ text: Substring) {
      let parts = text.split(separator: ";").map { trimmed($0).lowercased() }
      guard let first = parts.first else { return nil }
      type = first
      var version: String?
      var quality = 1.0
      for part in parts.dropFirst() {
        let pair = part.split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { continue }
        let value = trimmed(pair[1]).filter { $0 != "\"" }
        if trimmed(pair[0]) == "version" { version = value }
        if trimmed(pair[0]) == "q" { quality = min(max(Double(value) ?? 0, 0), 1) }
      }
      self.version = version
      self.quality = quality
    }
  }

  let format: MetricsText.Format

  /// - Parameter accept: The values of all such headers.
  init(accept: [String]) {
    let ranges = accept.flatMap { $0.split(separator: ",") }.compactMap(Range.init)
    let open = Self.weight(of: "application/openmetrics-text", "1.0.0", in: ranges)
    let plain = Self.weight(of: "text/plain", "0.0.4", in: ranges)
    format = open.quality > 0 && open > plain ? .openMetrics : .prometheus
  }

  /// How welcome a type is: by its quality, and among equals by how exactly it is named.
  private static func weight(
    of type: String, _ version: String, in ranges: [Range]
  ) -> (quality: Double, precision: Int) {
    let major = type.prefix { $0 != "/" }
    var best: (quality: Double, precision: Int) = (0, 0)
    for range in ranges where range.version == nil || range.version == version {
      let precision =
        switch range.type {
        case type: range.version == nil ? 3 : 4
        case "\(major)/*": 2
        case "*/*": 1
        default: 0
        }
      // The most exact range tells the quality, also when it is lower.
      if precision > best.precision { best = (range.quality, precision) }
    }
    return best
  }
}
