/// Who shall do a job: an agent or a skill, by name.
public enum Target: Hashable, Sendable, CustomStringConvertible {
  /// An agent such as `main`; runs in the pool `agent.<name>`.
  case agent(String)
  /// A skill such as `files.read`; runs in the pool `skill.<first word>`.
  case skill(String)

  /// Parses `agent:<name>` or `skill:<namespace>.<verb>`.
  ///
  /// - Returns: `nil` when the text has neither form. A well-formed target may still be unknown.
  public init?(_ text: some StringProtocol) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let kind = text[..<colon]
    let name = text[text.utf8.index(after: colon)...]
    guard isDottedName(name.utf8) else { return nil }
    let words = name.utf8.count { $0 == UInt8(ascii: ".") } + 1
    switch kind {
    case "agent" where words == 1: self = .agent(String(name))
    case "skill" where words == 2: self = .skill(String(name))
    default: return nil
    }
  }

  /// `agent:main`, `skill:files.read`.
  public var description: String {
    switch self {
    case .agent(let name): "agent:\(name)"
    case .skill(let name): "skill:\(name)"
    }
  }

  /// Where its steps run.
  public var pool: Pool {
    switch self {
    case .agent(let name): Pool(unchecked: "agent.\(name)")
    case .skill(let name):
      Pool(unchecked: "skill.\(name.prefix { $0 != "." })")
    }
  }
}

/// A set of targets that a role allows: `*`, `agent:*`, `skill:files.*`, `skill:system.clock`.
public struct TargetPattern: Hashable, Sendable, CustomStringConvertible {
  private let text: String

  /// Takes a pattern as it is stored; a `*` counts only as its last character.
  public init(_ text: String) { self.text = text }

  /// The pattern as it was given; ``init(_:)`` reads it back.
  public var description: String { text }

  /// Whether the target is in the set.
  public func matches(_ target: Target) -> Bool {
    let name = target.description.utf8
    guard text.utf8.last == UInt8(ascii: "*") else { return text.utf8.elementsEqual(name) }
    return name.starts(with: text.utf8.dropLast())
  }
}
