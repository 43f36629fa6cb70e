/// What a user may do, by the name of their role.
public struct Role: Sendable, Hashable {
  /// As stored; `operator`, `user` and `viewer` come with the schema.
  public let name: String
  /// What they may enqueue, and what their agents may call.
  public let targets: [TargetPattern]
  /// The most urgent priority they may ask for.
  public let maximumPriority: Priority

  /// Whether they may scale pools and drain workers, and see whose steps workers run.
  public let mayOperate: Bool
  /// Their share of a lane beside that of others; 1 to 100.
  public let weight: Int

  /// An empty `targets` allows nothing; `*` allows all.
  public init(
    name: String, targets: [TargetPattern], maximumPriority: Priority, mayOperate: Bool = false,
    weight: Int = 1
  ) {
    self.name = name
    self.targets = targets
    self.maximumPriority = maximumPriority
    self.mayOperate = mayOperate
    self.weight = weight
  }

  /// Whether the role allows the target.
  public func allows(_ target: Target) -> Bool { targets.contains { $0.matches(target) } }
}

/// Who sends a request: a user, proven by one of their tokens.
public struct Principal: Sendable, Hashable {
  /// Whose jobs these are.
  public let user: UserID
  /// Unique among users; for people and logs, not for access.
  public let userName: String
  /// The token that was shown; the audit trail names it.
  public let token: TokenID
  /// What the user may do, as read together with the token.
  public let role: Role

  /// Grants what `role` allows: only who has checked the token makes one.
  public init(user: UserID, userName: String, token: TokenID, role: Role) {
    self.user = user
    self.userName = userName
    self.token = token
    self.role = role
  }
}
