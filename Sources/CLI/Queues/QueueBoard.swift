import Jobs

/// The queues as rows for people, with the course of the last samples. Columns that a narrow
/// terminal has no room for are left out, the least telling first.
struct QueueBoard {
  /// How many samples the course shows at most.
  private static let maximumCourse = 60
  private static let bars = Array("▁▂▃▄▅▆▇█")

  private struct Column: Sendable {
    let heading: String
    let cell: @Sendable (LaneView, PoolView?) -> String
  }

  /// In the order of their worth.
  private static let columns: [Column] = [
    Column(heading: "READY") { lane, _ in "\(lane.ready)" },
    Column(heading: "RUN") { lane, _ in "\(lane.running)" },
    // Shown only while something is paused, as a column of empty cells is left out.
    Column(heading: "PAUSED") { lane, _ in
      lane.paused == nil ? lane.pausedPriorities.joined(separator: ",") : "yes"
    },
    Column(heading: "OLDEST") { lane, _ in
      lane.oldestAge.map { Duration.seconds($0).brief } ?? "–"
    },
    Column(heading: "BUSY") { _, pool in pool.map { "\($0.running)/\($0.slots)" } ?? "" },
    Column(heading: "IN/s") { lane, _ in rate(lane.rateIn) },
    Column(heading: "OUT/s") { lane, _ in rate(lane.rateOut) },
    Column(heading: "WORKERS") { lane, pool in "\(pool?.workers ?? lane.consumers)" },
    Column(heading: "LATER") { lane, _ in "\(lane.later)" },
    Column(heading: "DEAD") { lane, _ in "\(lane.dead)" },
    Column(heading: "HELD") { lane, _ in "\(lane.held)" },
  ]

  private let showsLanes: Bool
  private var rows: [LaneView] = []
  private var pools: [String: PoolView] = [:]
  private var courses: [String: [Int64]] = [:]

  /// - Parameter showsLanes: A row per lane instead of one per pool.
  init(showsLanes: Bool) { self.showsLanes = showsLanes }

  /// Takes the next sample.
  mutating func take(_ lanes: [LaneView], _ pools: [PoolView]) {
    rows = showsLanes ? lanes : LaneView.pools(lanes)
    self.pools = Dictionary(pools.map { ($0.name, $0) }) { $1 }
    for row in rows {
      courses[row.name] = (courses[row.name, default: []] + [row.ready])
        .suffix(Self.maximumCourse)
    }
  }

  /// The rows under their headings.
  ///
  /// - Parameters:
  ///   - width: The most columns that a line may take; `nil` for as many as it needs.
  ///   - showsCourse: Whether the rest of a line draws how many steps were ready.
  func lines(width: Int?, showsCourse: Bool) -> [StyledLine] {
    guard !rows.isEmpty else { return ["no queues"] }
    let table = Self.columns.map { column in
      [column.heading] + rows.map { column.cell($0, showsLanes ? nil : pools[$0.pool]) }
    }.filter { cells in cells.dropFirst().contains { !$0.isEmpty } }
    let names = [showsLanes ? "LANE" : "POOL"] + rows.map(\.name)
    var used = min(names.map(\.displayWidth).max() ?? 0, width.map { max(8, $0 / 2) } ?? .max)
    let nameWidth = used
    let budget = width.map { $0 - (showsCourse ? min(22, $0 / 4) : 0) }
    let shown = table.prefix { cells in
      let cost = 2 + Self.width(cells)
      guard budget.map({ used + cost <= $0 }) ?? true else { return false }
      used += cost
      return true
    }
    let room = min(Self.maximumCourse, (width ?? 0) - used - 2)
    return names.indices.map { index in
      var line = StyledLine(
        names[index].fitted(to: nameWidth).padded(to: nameWidth), index == 0 ? .dim : .plain)
      for cells in shown {
        line.add("  " + cells[index].padded(leftTo: Self.width(cells)), style(index, cells[index]))
      }
      if showsCourse, room >= 6, index > 0 {
        line.add("  " + course(rows[index - 1].name, room), .cyan)
      }
      return line
    }
  }

  private func style(_ index: Int, _ cell: String) -> StyledLine.Style {
    index == 0 || ["0", "0.0", "–"].contains(cell) ? .dim : .plain
  }

  private static func width(_ cells: [String]) -> Int { cells.map(\.displayWidth).max() ?? 0 }

  private func course(_ name: String, _ room: Int) -> String {
    let course = courses[name, default: []].suffix(room)
    let most = max(1, course.max() ?? 1)
    return String(
      course.map { depth in
        depth == 0 ? "·" : Self.bars[Int((depth * 8 - 1) / most).clamped(to: 0...7)]
      })
  }

  /// A rate for people: one digit behind the point, none from 100 on.
  static func rate(_ rate: Double) -> String {
    let tenths = Int64((rate * 10).rounded())
    return rate >= 100 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
  }
}

extension Comparable {
  fileprivate func clamped(to range: ClosedRange<Self>) -> Self {
    min(max(self, range.lowerBound), range.upperBound)
  }
}

extension String {
  /// The text with spaces before it up to a width.
  func padded(leftTo width: Int) -> String {
    String(repeating: " ", count: max(0, width - displayWidth)) + self
  }
}
