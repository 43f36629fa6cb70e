public import FoundationEssentials

/// What a user may ask of a job beside target, input and priority.
public struct JobOptions: Sendable, Hashable {
  /// When it may start; at once without one.
  public var start: Moment?
  /// When it and all that it delegates must be over; whatever is not by then expires.
  public var deadline: Moment?
  /// How long it may wait for its first step to start, from when it may start.
  public var queueTimeout: Duration?
  /// How long one of its steps may run; 10 min without it, and at most.
  public var stepTimeout: Duration?
  /// How long a step may run without a sign of progress.
  public var idleTimeout: Duration?
  /// How often each of its steps, and of those that it delegates, may be tried; `nil` for as often
  /// as the class of the failure gets. Neither crashes nor waits for a rate limit count.
  public var maximumAttempts: Int?
  /// The conversation that it is part of: jobs of a session run one after the other.
  public var session: SessionName?
  /// The set that it is part of.
  public var batch: BatchID?
  /// What it waits for before it starts.
  public var signal: SignalWait?
  /// What it must be the only live job of.
  public var uniqueness: Uniqueness?
  /// The endpoint of its user that is told of its end, also if it is not told of all.
  public var webhook: WebhookID?
  /// The endpoint as the request named it, by its name or its id: part of what an idempotency key
  /// stands for, which a later renaming does not change. `nil` for a request that came otherwise.
  public var webhookName: String?

  /// The schedule that makes it; nobody asks for that.
  public var schedule: ScheduleID?

  /// What ``maximumAttempts`` may be.
  public static let attemptRange = 1...20

  /// Whether it names an endpoint that the user does not have (any more), so that no job may be
  /// made of it; an earlier one with the same idempotency key is still its answer.
  public var lacksWebhook: Bool { webhookName != nil && webhook == nil }

  /// Nothing is asked.
  public init() {}
}

/// A time that a user names: as a date, or from the time at which the job is stored.
public enum Moment: Sendable, Hashable {
  /// By the database's clock.
  case at(Date)
  /// From now on, by the database's clock; zero or more.
  case after(Duration)
}

/// A user's name for one of their conversations.
public struct SessionName: Sendable, Hashable, CustomStringConvertible {
  /// The form, for messages.
  public static let form =
    "1 to 128 characters of A-Z, a-z, 0-9, '_', '.', ':', '-'; not '.' or '..'."

  /// The name, unchanged.
  public let description: String

  /// Takes what ``form`` says: a name may be a segment of a URL's path, where `.` and `..` mean
  /// something else.
  public init?(_ text: String) {
    guard text != ".", text != ".." else { return nil }
    self.init(stored: text)
  }

  /// The same, and what earlier versions took: `.` and `..`.
  public init?(stored text: String) {
    guard (1...128).contains(text.utf8.count), text.utf8.allSatisfy(isWordCharacter) else {
      return nil
    }
    description = text
  }
}

/// What makes two jobs of a user the same job, so that the second one is not made.
public struct Uniqueness: Sendable, Hashable {
  /// Among which jobs of the user the key counts.
  public enum Scope: String, Sendable, CaseIterable {
    /// All of them.
    case user
    /// Those for the same target.
    case target
    /// Those of the same session.
    case session
  }

  /// 1 to 255 printable ASCII characters, chosen by the user.
  public let key: String
  /// Where it counts.
  public let scope: Scope
  /// For how long it counts from the job's acceptance on; `nil`: until the job is over.
  public let period: Duration?

  /// - Returns: `nil` when the key has another form.
  public init?(key: String, scope: Scope = .user, period: Duration? = nil) {
    guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
    else {
      return nil
    }
    self.key = key
    self.scope = scope
    self.period = period
  }

  /// The key as it is stored: unique among a user's jobs whatever the scope.
  public func storedKey(target: Target, session: SessionName?) -> String {
    switch scope {
    case .user: "user \(key)"
    case .target: "target \(target) \(key)"
    case .session: "session \(session?.description ?? "") \(key)"
    }
  }
}

private func isWordCharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: ":"), UInt8(ascii: "-"):
    true
  default: false
  }
}
