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
