import Jobs

/// Which lane starts its next steps: a pure decision, made for every free slot.
///
/// Urgent lanes go first. While `low` has work it gets at least every tenth start; between
/// `high` and `normal`, three of four starts are `high`. From a concurrency of four on, one slot
/// is never lent away from urgent. Lanes of one priority take turns.
struct LanePicker: Sendable {
  /// A lane to claim from, and how many steps at most.
  struct Choice: Hashable, Sendable {
    let lane: Lane
    let count: Int
  }

  /// The most starts of others before one of `low`.
  private static let lowInterval = 9
  /// The most starts of `high` before one of `normal`.
  private static let normalInterval = 3

  private let concurrency: Int
  /// Starts since `low`, and since `normal`, last had one.
  private var sinceLow = 0
  private var sinceNormal = 0
  private var lastPool: [Priority: Pool] = [:]

  init(concurrency: Int) { self.concurrency = concurrency }

  /// The slots that work which is not urgent may use.
  private var lendable: Int { concurrency >= 4 ? concurrency - 1 : concurrency }

  /// Chooses among the lanes that have tickets; `nil` when nothing may start.
  ///
  /// - Parameters:
  ///   - tickets: How many tickets are in hand, by lane.
  ///   - running: How many steps run, by priority.
  mutating func next(tickets: [Lane: Int], running: [Priority: Int]) -> Choice? {
    let free = concurrency - running.values.reduce(0, +)
    let lent = running.filter { $0.key != .urgent }.values.reduce(0, +)
    let waiting = Set(tickets.filter { $0.value > 0 }.keys.map(\.priority))
      .filter { ($0 == .urgent ? free : min(free, lendable - lent)) > 0 }
    guard let priority = choose(among: waiting) else { return nil }
    let lane = turn(among: tickets.filter { $0.key.priority == priority && $0.value > 0 }.keys)
    guard let lane, let inHand = tickets[lane] else { return nil }
    let room = priority == .urgent ? free : min(free, lendable - lent)
    return Choice(lane: lane, count: min(room, inHand, turnLength(of: priority, among: waiting)))
  }

  /// How many of a priority may start before another one has its turn.
  private func turnLength(of priority: Priority, among waiting: Set<Priority>) -> Int {
    let untilLow = waiting.contains(.low) ? max(1, Self.lowInterval - sinceLow) : .max
    let untilNormal = waiting.contains(.normal) ? max(1, Self.normalInterval - sinceNormal) : .max
    return switch priority {
    case .urgent: untilLow
    case .high: min(untilLow, untilNormal)
    case .normal: waiting.contains(.high) ? 1 : untilLow
    case .low: waiting.count > 1 ? 1 : .max
    }
  }

  /// Hears how many steps a choice has started.
  mutating func started(_ count: Int, of priority: Priority) {
    sinceLow = priority == .low ? 0 : sinceLow + count
    sinceNormal = priority == .normal ? 0 : sinceNormal + (priority == .high ? count : 0)
  }

  private func choose(among waiting: Set<Priority>) -> Priority? {
    if waiting.contains(.low), sinceLow >= Self.lowInterval { return .low }
    if waiting.contains(.urgent) { return .urgent }
    if waiting.contains(.normal), sinceNormal >= Self.normalInterval { return .normal }
    return waiting.min()
  }

  private mutating func turn(among lanes: some Collection<Lane>) -> Lane? {
    guard let priority = lanes.first?.priority else { return nil }
    let ordered = lanes.sorted()
    let last = lastPool[priority]
    let lane = ordered.first { lane in last.map { $0 < lane.pool } ?? true } ?? ordered.first
    lastPool[priority] = lane?.pool
    return lane
  }
}
