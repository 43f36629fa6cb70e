/// What a user may do, by the name of their role.
public struct Role: Sendable, Hashable {
  public let name: String
  /// What they may enqueue, and what their agents may call.
  public let targets: [TargetPattern]
  /// The most urgent priority they may ask for.
  public let maximumPriority: Priority

  public init(name: String, targets: [TargetPattern], maximumPriority: Priority) {
    self.name = name
    self.targets = targets
    self.maximumPriority = maximumPriority
  }

  /// Whether the role allows the target.
  public func allows(_ target: Target) -> Bool { targets.contains { $0.matches(target) } }
}

/// Who sends a request: a user, proven by one of their tokens.
public struct Principal: Sendable, Hashable {
  public let user: UserID
  public let userName: String
  public let token: TokenID
  public let role: Role

  public init(user: UserID, userName: String, token: TokenID, role: Role) {
    self.user = user
    self.userName = userName
    self.token = token
    self.role = role
  }
}
