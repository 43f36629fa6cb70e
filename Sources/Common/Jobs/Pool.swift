/// The workers of one kind: `agent.main`, `skill.files`. One pool scales without the others.
public struct Pool: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Lower-case words joined by dots, as in queue names and the topology.
  public let name: String

  /// Accepts lower-case words of letters, digits and `_`, joined by dots; 64 bytes at most.
  public init?(_ name: some StringProtocol) {
    guard isDottedName(name.utf8) else { return nil }
    self.name = String(name)
  }

  init(unchecked name: String) { self.name = name }

  /// The name, unchanged.
  public var description: String { name }

  /// Orders by name.
  public static func < (left: Self, right: Self) -> Bool { left.name < right.name }
}

/// One queue: a pool and a priority.
public struct Lane: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// Whose workers read it.
  public let pool: Pool
  /// The priority of every step in it.
  public let priority: Priority

  /// Any pool and priority make a lane; whether a queue exists for it, the topology says.
  public init(pool: Pool, priority: Priority) {
    self.pool = pool
    self.priority = priority
  }

  /// `agent.main.urgent`; the AMQP queue is `openclaw.` and this.
  public var description: String { "\(pool).\(priority.name)" }

  /// Orders by pool, then the more urgent first.
  public static func < (left: Self, right: Self) -> Bool {
    (left.pool, left.priority) < (right.pool, right.priority)
  }
}

/// Whether the bytes are lower-case words of `a-z`, `0-9`, `_` joined by dots, each beginning
/// with a letter, 64 bytes at most in all.
func isDottedName(_ bytes: some Collection<UInt8>) -> Bool {
  guard (1...64).contains(bytes.count) else { return false }
  var beginsWord = true
  for byte in bytes {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): beginsWord = false
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      if beginsWord { return false }
    case UInt8(ascii: "."):
      if beginsWord { return false }
      beginsWord = true
    default: return false
    }
  }
  return !beginsWord
}
