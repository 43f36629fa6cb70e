/// Why a step may not be ready yet; something else lifts it.
public enum HoldReason: Hashable, Sendable, CustomStringConvertible {
  /// An earlier job of its session is not over.
  case session
  /// The job that it has delegated is not over.
  case child
  /// The signal with this name has not come.
  case signal(String)
  /// As many steps run as the limit with this key allows.
  case limit(String)
  /// What the key names is paused.
  case pause(String)

  /// Reads what ``description`` wrote.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    switch (parts.first, parts.count) {
    case ("session", 1): self = .session
    case ("child", 1): self = .child
    case ("signal", 2): self = .signal(String(parts[1]))
    case ("limit", 2): self = .limit(String(parts[1]))
    case ("pause", 2): self = .pause(String(parts[1]))
    default: return nil
    }
  }

  /// `session`, `child`, `signal:<name>`, `limit:<key>`, `pause:<key>`: as it is stored and shown.
  public var description: String {
    switch self {
    case .session: "session"
    case .child: "child"
    case .signal(let name): "signal:\(name)"
    case .limit(let key): "limit:\(key)"
    case .pause(let key): "pause:\(key)"
    }
  }
}
