public import FoundationEssentials

/// A set of steps of which none starts for a time.
public struct PauseRecord: Sendable, Hashable {
  /// Which steps.
  public let key: GateKey
  /// What the one who paused them said; empty when they said nothing.
  public let reason: String
  /// The name of the user who did.
  public let owner: String
  /// Since when, by the database's clock.
  public let since: Date
  /// When it ends by itself; `nil` when only somebody ends it.
  public let until: Date?
  /// How many steps it holds that had been about to start; 0 where they were not counted. Steps
  /// that wait in a paused pool, priority or lane stay `ready`.
  public let held: Int

  /// Takes one reading.
  public init(
    key: GateKey, reason: String, owner: String, since: Date, until: Date?, held: Int
  ) {
    self.key = key
    self.reason = reason
    self.owner = owner
    self.since = since
    self.until = until
    self.held = held
  }
}

extension Sequence<PauseRecord> {
  /// The pause that keeps a lane from being claimed; of several the one that ends last.
  public func pause(of lane: Lane) -> PauseRecord? {
    last(among: [.pool(lane.pool), .lane(lane), .priority(lane.priority)])
  }

  /// The pause of a whole pool.
  public func pause(of pool: Pool) -> PauseRecord? { last(among: [.pool(pool)]) }

  private func last(among keys: Set<GateKey>) -> PauseRecord? {
    filter { keys.contains($0.key) }
      .max { ($0.until ?? .distantFuture) < ($1.until ?? .distantFuture) }
  }
}

/// What is limited and paused now.
public struct Gates: Sendable, Hashable {
  /// How many steps of a set may run at once.
  public var limits: [GateKey: Int]
  /// What is paused.
  public var pauses: Set<GateKey>
  /// By how many classes of priority lanes are raised, 1 to 3, as their first step has waited for
  /// longer than its pool should let it.
  public var raised: [Lane: Int] = [:]

  /// Nothing is, unless it is named.
  public init(limits: [GateKey: Int] = [:], pauses: Set<GateKey> = []) {
    self.limits = limits
    self.pauses = pauses
  }

  /// Whether every step may start.
  public var areOpen: Bool { limits.isEmpty && pauses.isEmpty }

  /// Whether no step of the lane may be claimed.
  public func isPaused(_ lane: Lane) -> Bool {
    !pauses.isEmpty
      && !pauses.isDisjoint(with: [.pool(lane.pool), .lane(lane), .priority(lane.priority)])
  }

  /// The sets that a step is part of, besides its lane's.
  ///
  /// - Parameters:
  ///   - provider: Who answers an agent's turn, if that is known.
  ///   - webhook: The one of its job; counts for deliveries alone.
  private static func keys(
    of target: Target, user: UserID, provider: String?, webhook: WebhookID?
  ) -> [GateKey] {
    switch target {
    case .agent(let name):
      [.user(user), .agent(name)] + (provider.map { [.provider($0)] } ?? [])
    case .webhookDelivery:
      [.user(user), .skill("webhooks.deliver")] + (webhook.map { [.webhook($0)] } ?? [])
    case .skill(let name): [.user(user), .skill(name)]
    }
  }

  /// What pauses a step, if anything does.
  public func pause(
    of target: Target, user: UserID, provider: String?, webhook: WebhookID? = nil
  ) -> GateKey? {
    pauses.isEmpty
      ? nil
      : Self.keys(of: target, user: user, provider: provider, webhook: webhook)
        .first(where: pauses.contains)
  }

  /// How many like it may run beside a step: a slot of each is needed, in this order. What counts
  /// for each user or webhook has the key of that one.
  public func limits(
    of target: Target, user: UserID, provider: String?, webhook: WebhookID? = nil
  ) -> [(key: GateKey, maximum: Int)] {
    guard !limits.isEmpty else { return [] }
    let keys = Self.keys(of: target, user: user, provider: provider, webhook: webhook)
    return keys.compactMap { key in
      let maximum = limits[key] ?? key.common.flatMap { limits[$0] }
      return maximum.map { (key, $0) }
    }
  }
}

extension GateKey {
  /// What limits each of its kind, where there is such a key.
  fileprivate var common: GateKey? {
    switch self {
    case .user: .eachUser
    case .webhook: .eachWebhook
    default: nil
    }
  }
}

/// How long something shall be paused.
public enum PauseLength: Sendable, Hashable {
  /// As long as was said before; until somebody resumes it where nothing was.
  case asBefore
  /// Until somebody resumes it.
  case endless
  /// So long from now on.
  case lasting(Duration)
}
