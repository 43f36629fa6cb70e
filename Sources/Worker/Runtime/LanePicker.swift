import Jobs

/// Which lane starts its next steps: a pure decision, made for every free slot.
///
/// Urgent lanes go first. While `low` has work it gets at least every tenth start; between
/// `high` and `normal`, three of four starts are `high`. From a concurrency of four on, one slot
/// is never lent away from urgent. Lanes of one priority take turns. A lane whose first step has
/// waited for too long counts as one of a higher priority, up to `high`.
struct LanePicker: Sendable {
  /// A lane to claim from, and how many steps at most.
  struct Choice: Hashable, Sendable {
    let lane: Lane
    let count: Int
    /// What the lane counts as.
    let priority: Priority
  }

  private let concurrency: Int
  /// Starts since `low` last had its share, and since `normal` last had one.
  private var sinceLow = 0
  private var sinceNormal = 0
  /// Whether `low` had its turn and nothing to start; it comes again after another one.
  private var lowWasEmpty = false
  private var lastPool: [Priority: Pool] = [:]

  init(concurrency: Int) { self.concurrency = concurrency }

  /// The slots that work which is not urgent may use.
  private var lendable: Int { concurrency >= 4 ? concurrency - 1 : concurrency }

  /// Chooses among the lanes that have tickets; `nil` when nothing may start.
  ///
  /// - Parameters:
  ///   - tickets: How many tickets are in hand, by lane.
  ///   - running: How many steps run, by priority.
  ///   - raised: By how many classes lanes are raised.
  mutating func next(
    tickets: [Lane: Int], running: [Priority: Int], raised: [Lane: Int] = [:]
  ) -> Choice? {
    func priority(of lane: Lane) -> Priority {
      LaneShares.priority(of: lane, raised: raised[lane] ?? 0)
    }
    let free = concurrency - running.values.reduce(0, +)
    let lent = running.filter { $0.key != .urgent }.values.reduce(0, +)
    let waiting = Set(tickets.filter { $0.value > 0 }.keys.map(priority))
      .filter { ($0 == .urgent ? free : min(free, lendable - lent)) > 0 }
    guard let chosen = choose(among: waiting) else { return nil }
    let lane = turn(
      among: tickets.filter { priority(of: $0.key) == chosen && $0.value > 0 }.keys, of: chosen)
    guard let lane, let inHand = tickets[lane] else { return nil }
    let room = chosen == .urgent ? free : min(free, lendable - lent)
    return Choice(
      lane: lane, count: min(room, inHand, turnLength(of: chosen, among: waiting)),
      priority: chosen)
  }

  /// How many of a priority may start before another one has its turn.
  private func turnLength(of priority: Priority, among waiting: Set<Priority>) -> Int {
    let untilLow = waiting.contains(.low) ? max(1, LaneShares.lowInterval - sinceLow) : .max
    let untilNormal =
      waiting.contains(.normal) ? max(1, LaneShares.normalInterval - sinceNormal) : .max
    return switch priority {
    case .urgent: untilLow
    case .high: min(untilLow, untilNormal)
    case .normal: waiting.contains(.high) ? 1 : untilLow
    case .low: waiting.count > 1 ? 1 : .max
    }
  }

  /// Hears how many steps a choice has started.
  ///
  /// - Parameters:
  ///   - count: 0 when its tickets were worth nothing; that counts as a start, but for `low`.
  ///   - priority: What the choice's lane counted as.
  mutating func started(_ count: Int, of priority: Priority) {
    lowWasEmpty = priority == .low && count == 0
    if lowWasEmpty { return }
    let count = max(count, 1)
    // What `low` has missed, as its next ticket was on the way, is made up for: a turn at most.
    let interval = LaneShares.lowInterval
    sinceLow =
      priority == .low ? min(max(0, sinceLow - interval * count), interval) : sinceLow + count
    sinceNormal = priority == .normal ? 0 : sinceNormal + (priority == .high ? count : 0)
  }

  private func choose(among waiting: Set<Priority>) -> Priority? {
    if waiting.contains(.low), sinceLow >= LaneShares.lowInterval, !lowWasEmpty { return .low }
    if waiting.contains(.urgent) { return .urgent }
    if waiting.contains(.normal), sinceNormal >= LaneShares.normalInterval { return .normal }
    return waiting.min()
  }

  private mutating func turn(among lanes: some Collection<Lane>, of priority: Priority) -> Lane? {
    let ordered = lanes.sorted()
    let last = lastPool[priority]
    let lane = ordered.first { lane in last.map { $0 < lane.pool } ?? true } ?? ordered.first
    lastPool[priority] = lane?.pool
    return lane
  }
}
