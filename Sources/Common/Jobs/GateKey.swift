/// What may be limited or paused: a set of steps, by what they are or whose.
public enum GateKey: Hashable, Sendable, CustomStringConvertible {
  /// All steps of a pool; may only be paused, as its workers limit it.
  case pool(Pool)
  /// The steps of a pool at one priority; may only be paused.
  case lane(Lane)
  /// All steps of a priority; may only be paused.
  case priority(Priority)
  /// The steps of one user.
  case user(UserID)
  /// The steps of each user, counted by user; may only be limited.
  case eachUser
  /// The turns of an agent.
  case agent(String)
  /// The calls of a skill.
  case skill(String)
  /// The turns that a model provider answers.
  case provider(String)
  /// The deliveries to one webhook.
  case webhook(WebhookID)
  /// The deliveries to each webhook, counted by webhook; may only be limited.
  case eachWebhook

  /// Reads what ``description`` wrote.
  ///
  /// - Returns: `nil` for any other form. What it names need not exist.
  public init?(_ text: String) {
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let name = String(text[text.utf8.index(after: colon)...])
    switch text[..<colon] {
    case "pool":
      guard let pool = Pool(name) else { return nil }
      self = .pool(pool)
    case "lane":
      guard let dot = name.lastIndex(of: "."), let pool = Pool(name[..<dot]),
        let priority = Priority(name: String(name[name.index(after: dot)...]))
      else { return nil }
      self = .lane(Lane(pool: pool, priority: priority))
    case "priority":
      guard let priority = Priority(name: name) else { return nil }
      self = .priority(priority)
    case "user":
      if name == "*" {
        self = .eachUser
      } else {
        guard let user = UserID(name) else { return nil }
        self = .user(user)
      }
    case "agent", "skill":
      guard let target = Target(text) else { return nil }
      switch target {
      case .agent(let name): self = .agent(name)
      case .skill(let name): self = .skill(name)
      }
    case "provider":
      guard isDottedName(name.utf8) else { return nil }
      self = .provider(name)
    case "webhook":
      if name == "*" {
        self = .eachWebhook
      } else {
        guard let webhook = WebhookID(name) else { return nil }
        self = .webhook(webhook)
      }
    default: return nil
    }
  }

  /// `pool:agent.main`, `lane:agent.main.low`, `priority:low`, `user:<id>`, `user:*`, `agent:main`,
  /// `skill:files.read`, `provider:openai`, `webhook:<id>`, `webhook:*`: as it is stored and shown.
  public var description: String {
    switch self {
    case .pool(let pool): "pool:\(pool)"
    case .lane(let lane): "lane:\(lane)"
    case .priority(let priority): "priority:\(priority.name)"
    case .user(let user): "user:\(user)"
    case .eachUser: "user:*"
    case .agent(let name): "agent:\(name)"
    case .skill(let name): "skill:\(name)"
    case .provider(let name): "provider:\(name)"
    case .webhook(let webhook): "webhook:\(webhook)"
    case .eachWebhook: "webhook:*"
    }
  }

  /// Whether how many run at once may be limited.
  public var canBeLimited: Bool {
    switch self {
    case .pool, .lane, .priority: false
    case .user, .eachUser, .agent, .skill, .provider, .webhook, .eachWebhook: true
    }
  }

  /// Whether it may be paused.
  public var canBePaused: Bool { !countsEach }

  /// Whether it counts the steps of each of its kind by itself: what one of them needs a slot of has
  /// the key of that one.
  public var countsEach: Bool { self == .eachUser || self == .eachWebhook }

  /// What kind of set it names.
  public enum Kind: String, Sendable, CaseIterable {
    case pool, lane, priority, user, agent, skill, provider, webhook
  }

  /// The word before the colon.
  public var kind: Kind {
    switch self {
    case .pool: .pool
    case .lane: .lane
    case .priority: .priority
    case .user, .eachUser: .user
    case .agent: .agent
    case .skill: .skill
    case .provider: .provider
    case .webhook, .eachWebhook: .webhook
    }
  }
}

/// How many steps of a set may run at once.
public struct LimitRecord: Sendable, Hashable {
  /// Which steps.
  public let key: GateKey
  /// How many; where the key ``GateKey/countsEach``, of each. 0 lets none start.
  public let maximum: Int
  /// How many run; where the key ``GateKey/countsEach``, of all.
  public let running: Int
  /// How many are held by it.
  public let held: Int

  /// Takes one reading.
  public init(key: GateKey, maximum: Int, running: Int, held: Int) {
    self.key = key
    self.maximum = maximum
    self.running = running
    self.held = held
  }
}
