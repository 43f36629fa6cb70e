/// What a metric is called, what it counts and which labels it has.
public struct MetricDefinition: Sendable, Hashable {
  /// What may be done with a metric.
  public enum Kind: String, Sendable {
    /// A total that never falls while its process lives.
    case counter
    /// A value of the moment.
    case gauge
    /// How many durations fell below each bound, and their sum.
    case histogram
  }

  /// The base unit of the values.
  public enum Unit: String, Sendable {
    /// A number of things.
    case count
    case seconds
    case bytes
    /// US dollars.
    case usd
  }

  /// Who feeds a metric, and so what the figure of one gateway stands for.
  public enum Source: String, Sendable {
    /// Counted by workers; every gateway shows the sum over all processes.
    case workers
    /// Counted by gateways; every gateway shows the sum over all processes.
    case gateways
    /// Counted by both; every gateway shows the sum over all processes.
    case workersAndGateways = "workers, gateways"
    /// Sampled by each gateway from the database and the broker: the same on all of them.
    case sampled
    /// Of the answering gateway alone.
    case ownProcess = "own process"

    /// Whether the totals of all processes are added up, which is why they go into the database.
    public var isSummed: Bool {
      switch self {
      case .workers, .gateways, .workersAndGateways: true
      case .sampled, .ownProcess: false
      }
    }
  }

  /// The exposed name.
  public let name: String
  /// What may be done with it.
  public let kind: Kind
  /// The base unit of its values.
  public let unit: Unit
  /// Who feeds it.
  public let source: Source
  /// In the order in which values are given.
  public let labels: [MetricLabel]
  /// Upper bounds of a histogram's buckets, rising; empty for other kinds.
  public let buckets: [Double]
  /// One sentence on what it tells.
  public let help: String

  static func counter(
    _ name: String, _ unit: Unit = .count, _ labels: [MetricLabel] = [], by source: Source,
    _ help: String
  ) -> Self {
    Self(
      name: name, kind: .counter, unit: unit, source: source, labels: labels, buckets: [],
      help: help)
  }

  static func gauge(
    _ name: String, _ unit: Unit = .count, _ labels: [MetricLabel] = [], by source: Source,
    _ help: String
  ) -> Self {
    Self(
      name: name, kind: .gauge, unit: unit, source: source, labels: labels, buckets: [], help: help)
  }

  static func histogram(
    _ name: String, _ labels: [MetricLabel] = [], buckets: [Double], by source: Source,
    _ help: String
  ) -> Self {
    Self(
      name: name, kind: .histogram, unit: .seconds, source: source, labels: labels,
      buckets: buckets, help: help)
  }
}
