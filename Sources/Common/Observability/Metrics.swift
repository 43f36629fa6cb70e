import Synchronization

/// The metrics of one process, counted from its start. Any thread may use it at any time.
///
/// Label values are given in the order of ``Metric/labels``; another number of them is a programmer
/// error and traps. At most 2,000 series of a metric are kept: after that, label values without a
/// fixed list become `other`, as do at once values that are not in their list or longer than 128
/// bytes.
public final class Metrics: Sendable {
  private final class Cell: Sendable {
    let definition: MetricDefinition
    let family = Mutex(MetricFamily())

    init(_ definition: MetricDefinition) { self.definition = definition }
  }

  private let cells: [Cell]

  /// Summed metrics without labels begin at 0; all others have no series until they are fed.
  public init() {
    cells = Metric.allCases.map { Cell($0.definition) }
    for cell in cells where cell.definition.source.isSummed && cell.definition.labels.isEmpty {
      cell.family.withLock { $0.update([], of: cell.definition) { _ in } }
    }
  }

  /// Counts up.
  ///
  /// - Parameters:
  ///   - metric: a counter; any other kind traps.
  ///   - by: anything but a finite number above 0 adds nothing, as a counter may not fall.
  public func add(_ metric: Metric, _ labels: [String] = [], by: Double = 1) {
    let cell = cells[metric.rawValue]
    precondition(cell.definition.kind == .counter, "\(metric) is no counter")
    let step = by > 0 && by.isFinite ? by : 0
    cell.family.withLock { $0.update(labels, of: cell.definition) { $0.value += step } }
  }

  /// Replaces the value of a gauge; any other kind traps.
  public func set(_ metric: Metric, _ labels: [String] = [], to value: Double) {
    let cell = cells[metric.rawValue]
    precondition(cell.definition.kind == .gauge, "\(metric) is no gauge")
    cell.family.withLock { $0.update(labels, of: cell.definition) { $0.value = value } }
  }

  /// Counts a duration.
  ///
  /// - Parameters:
  ///   - metric: a histogram; any other kind traps.
  ///   - seconds: anything but a finite number above 0 counts as 0, as after a clock was set back.
  public func observe(_ metric: Metric, _ labels: [String] = [], seconds: Double) {
    let cell = cells[metric.rawValue]
    precondition(cell.definition.kind == .histogram, "\(metric) is no histogram")
    let value = seconds > 0 && seconds.isFinite ? seconds : 0
    let buckets = cell.definition.buckets
    let bucket = buckets.firstIndex { value <= $0 } ?? buckets.count
    cell.family.withLock {
      $0.update(labels, of: cell.definition) { point in
        point.value += value
        point.counts[bucket] += 1
      }
    }
  }

  /// Counts a duration, as the method that takes seconds does.
  public func observe(_ metric: Metric, _ labels: [String] = [], duration: Duration) {
    observe(metric, labels, seconds: duration / .seconds(1))
  }

  /// All values now. Each metric is read whole; between two metrics others may count.
  public func snapshot() -> MetricSnapshot {
    MetricSnapshot(families: cells.map { cell in cell.family.withLock { $0 } })
  }
}
