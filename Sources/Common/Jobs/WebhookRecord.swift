public import FoundationEssentials

/// Names the kind of a ``WebhookID``.
public enum WebhookKind: Sendable {}
/// One endpoint of a user; stays when it is renamed.
public typealias WebhookID = Identifier<WebhookKind>

/// What a user's endpoint may be told: `job.` and the final state of a job, and more. The raw value
/// is what is stored and sent.
public enum WebhookEvent: String, Sendable, CaseIterable {
  case jobSucceeded = "job.succeeded"
  case jobFailed = "job.failed"
  case jobCancelled = "job.cancelled"
  case jobExpired = "job.expired"
  case batchCompleted = "batch.completed"
}

/// What a user asks of an endpoint, valid in form; whether its URL may be reached is not checked.
public struct WebhookRequest: Sendable, Hashable {
  /// Unique among the user's endpoints; a ``SessionName``'s form, and no UUID. `nil` for none.
  public var name: String?
  /// Where the requests go; it may hold a secret of the user's, so it is stored sealed.
  public var url: String
  /// What it is told.
  public var events: Set<WebhookEvent>
  /// Whether it hears of every job that is no child of another; else of those that name it.
  public var coversAllJobs: Bool
  /// Whether the user wants nothing sent for now.
  public var isDisabled: Bool

  /// Without more, an endpoint without a name that hears of everything.
  public init(
    name: String? = nil, url: String, events: Set<WebhookEvent> = Set(WebhookEvent.allCases),
    coversAllJobs: Bool = true, isDisabled: Bool = false
  ) {
    self.name = name
    self.url = url
    self.events = events
    self.coversAllJobs = coversAllJobs
    self.isDisabled = isDisabled
  }

  /// Whether nothing that may happen is ever told: no job is a batch, so none can name the endpoint
  /// for a batch's end.
  public var isNeverTold: Bool { !coversAllJobs && events == [.batchCompleted] }
}

/// What a user asks to have changed of an endpoint, valid in form; the rest stays as it is.
public struct WebhookChange: Sendable, Hashable {
  /// The new name; `.some(nil)` takes it away.
  public var name: String??
  /// See ``WebhookRequest``.
  public var url: String?, events: Set<WebhookEvent>?, coversAllJobs: Bool?, isDisabled: Bool?

  /// Changes nothing.
  public init() {}

  /// The endpoint as it is then.
  public func applied(to old: WebhookRequest) -> WebhookRequest {
    var new = old
    if let name { new.name = name }
    if let url { new.url = url }
    if let events { new.events = events }
    if let coversAllJobs { new.coversAllJobs = coversAllJobs }
    if let isDisabled { new.isDisabled = isDisabled }
    return new
  }

  /// Whether requests may go where none went before, so that the URL has to be looked at again.
  public func opensURL(of old: WebhookRequest) -> Bool {
    isDisabled == false || url.map { !$0.utf8.elementsEqual(old.url.utf8) } ?? false
  }

  /// Whether it asks for other events or jobs, so that what it leaves has to make sense.
  public var changesWhatIsTold: Bool { events != nil || coversAllJobs != nil }
}

/// Why an endpoint is told nothing. The raw value is what is stored and shown.
public enum WebhookDisablement: String, Sendable, CaseIterable {
  /// Its owner wanted it so.
  case byUser = "by_user"
  /// It has answered 410: it wants no more.
  case gone
  /// The user or the token that made it was revoked.
  case revoked
}

/// An endpoint as its owner sees it; never its secret.
public struct WebhookRecord: Sendable, Hashable {
  /// The endpoint.
  public let id: WebhookID
  /// What it is told, and where.
  public let request: WebhookRequest
  /// Why it is told nothing; `nil` while it is.
  public let disablement: WebhookDisablement?
  /// Since when it is told nothing.
  public let disabledAt: Date?
  /// Until when requests are signed with a secret before the present one, too; `nil` when they are
  /// not.
  public let oldSecretUntil: Date?
  /// When it was made.
  public let createdAt: Date

  /// Takes one reading.
  public init(
    id: WebhookID, request: WebhookRequest, disablement: WebhookDisablement?, disabledAt: Date?,
    oldSecretUntil: Date?, createdAt: Date
  ) {
    self.id = id
    self.request = request
    self.disablement = disablement
    self.disabledAt = disabledAt
    self.oldSecretUntil = oldSecretUntil
    self.createdAt = createdAt
  }

  /// Whether a user means this one by a name or an id.
  public func isNamed(_ name: String) -> Bool {
    request.name?.utf8.elementsEqual(name.utf8) == true || WebhookID(name) == id
  }
}

/// An endpoint with its new secret, which is shown this once.
public struct WebhookWithSecret: Sendable, CustomStringConvertible {
  /// The endpoint.
  public let webhook: WebhookRecord
  /// `whsec_` and base64: what the receiver verifies signatures with.
  public let secret: String

  /// Whoever makes one shows it to the owner and keeps it nowhere.
  public init(webhook: WebhookRecord, secret: String) {
    self.webhook = webhook
    self.secret = secret
  }

  /// The endpoint's id, never the secret.
  public var description: String { "webhook \(webhook.id)" }
}
