import Jobs

/// A lane as the API shows it, or the sum of a pool's lanes.
struct LaneView: Sendable, Equatable {
  let document: JSONValue
  /// `agent.main.urgent`, or the pool's name for a sum.
  let name: String
  let pool: String
  /// Empty for a sum.
  let priority: String
  let ready: Int64
  let running: Int64
  let held: Int64
  let later: Int64
  let dead: Int64
  let unconfirmed: Int64
  /// Seconds; `nil` when nothing is ready.
  let oldestAge: Double?
  /// Steps per second over the last minute.
  let rateIn: Double
  let rateOut: Double
  let consumers: Int64
  /// What pauses it; of a sum what pauses all of its lanes, or one of these where each has its own.
  let paused: PauseMark?
  /// Of a sum, the priorities of its lanes that are paused while others are not.
  let pausedPriorities: [String]

  /// - Throws: ``CommandError`` when the document is no lane.
  init(_ document: JSONValue) throws {
    guard let name = document["lane"]?.text, let pool = document["pool"]?.text,
      let ready = document["ready"]?.int, let running = document["running"]?.int
    else { throw CommandError.unexpectedAnswer }
    self.document = document
    self.name = name
    self.pool = pool
    self.ready = ready
    self.running = running
    priority = document["priority"]?.text ?? "?"
    held = Self.sum(document["held"])
    later = document["due_later"]?.int ?? 0
    dead = document["dead"]?.int ?? 0
    unconfirmed = document["unconfirmed"]?.int ?? 0
    oldestAge = document["oldest_age_seconds"]?.double
    rateIn = document["rate_in"]?.double ?? 0
    rateOut = document["rate_out"]?.double ?? 0
    consumers = document["consumers"]?.int ?? 0
    paused = PauseMark(document["paused"])
    pausedPriorities = []
  }

  /// A pool's queue as the API shows it: the sum, and its lanes.
  ///
  /// - Returns: `nil` when the document is something else.
  static func queue(_ document: JSONValue) throws -> (sum: LaneView, lanes: [LaneView])? {
    guard let items = document["lanes"]?.elements, let pool = document["pool"]?.text else {
      return nil
    }
    let lanes = try items.map { try LaneView($0) }
    return (LaneView(sumOf: lanes, pool: pool), lanes)
  }

  private init(sumOf lanes: [LaneView], pool: String) {
    document = .null
    name = pool
    self.pool = pool
    priority = ""
    ready = lanes.reduce(0) { $0 + $1.ready }
    running = lanes.reduce(0) { $0 + $1.running }
    held = lanes.reduce(0) { $0 + $1.held }
    later = lanes.reduce(0) { $0 + $1.later }
    dead = lanes.reduce(0) { $0 + $1.dead }
    unconfirmed = lanes.reduce(0) { $0 + $1.unconfirmed }
    oldestAge = lanes.compactMap(\.oldestAge).max()
    rateIn = lanes.reduce(0) { $0 + $1.rateIn }
    rateOut = lanes.reduce(0) { $0 + $1.rateOut }
    // A worker serves all lanes of its pool.
    consumers = lanes.map(\.consumers).max() ?? 0
    let pauses = lanes.filter { $0.paused != nil }
    let isWhole = !lanes.isEmpty && pauses.count == lanes.count
    paused =
      isWhole ? pauses.first { $0.paused?.key == "pool:\(pool)" }?.paused ?? pauses[0].paused : nil
    pausedPriorities = isWhole ? [] : pauses.map(\.priority)
  }

  /// The sum of each pool's lanes, in the order of the first lanes.
  static func pools(_ lanes: [LaneView]) -> [LaneView] {
    var order: [String] = []
    for lane in lanes where !order.contains(lane.pool) { order.append(lane.pool) }
    return order.map { pool in LaneView(sumOf: lanes.filter { $0.pool == pool }, pool: pool) }
  }

  private static func sum(_ held: JSONValue?) -> Int64 {
    guard case .object(let reasons)? = held else { return 0 }
    return reasons.values.reduce(0) { $0 + ($1.int ?? 0) }
  }
}

/// The pause that keeps a queue from being claimed, as the API shows it with the queue.
struct PauseMark: Sendable, Equatable {
  /// Such as `pool:agent.main`.
  let key: String
  /// May be empty.
  let reason: String
  /// Who paused it.
  let owner: String
  /// RFC 3339; `nil` when somebody has to resume it.
  let until: String?

  /// - Returns: `nil` where nothing is paused.
  init?(_ document: JSONValue?) {
    guard let key = document?["key"]?.text else { return nil }
    self.key = key
    reason = document?["reason"]?.text ?? ""
    owner = document?["owner"]?.text ?? "?"
    until = document?["until"]?.text
  }

  /// Such as `pool:agent.main by ada: backup`.
  var text: String { "\(key) by \(owner)" + (reason.isEmpty ? "" : ": \(reason)") }
}

extension JSONValue {
  /// Any number.
  var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
