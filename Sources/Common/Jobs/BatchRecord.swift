public import FoundationEssentials

/// Names the kind of a ``BatchID``.
public enum BatchKind: Sendable {}
/// A set of jobs with an end of its own.
public typealias BatchID = Identifier<BatchKind>

/// Where a batch stands. The raw value is what is stored.
public enum BatchState: Int16, Sendable, CaseIterable {
  /// Jobs may be added.
  case open = 0
  /// No job comes any more, and not all are over.
  case closed = 1
  /// All of its jobs are over.
  case finished = 2

  /// The name used in the API.
  public var name: String {
    switch self {
    case .open: "open"
    case .closed: "closed"
    case .finished: "finished"
    }
  }
}

/// When a batch's end makes its callback job. The raw value is what is stored.
public enum CallbackCondition: Int16, Sendable, CaseIterable {
  /// However its jobs ended.
  case always = 0
  /// If all of them succeeded.
  case success = 1
  /// If one of them did not.
  case failure = 2

  /// The name used in the API.
  public var name: String {
    switch self {
    case .always: "always"
    case .success: "success"
    case .failure: "failure"
    }
  }
}

/// How the jobs of a batch stand.
public struct BatchCounts: Sendable, Hashable {
  /// Jobs that were added.
  public var total = 0
  /// Jobs that are over, by how they ended.
  public var succeeded = 0, failed = 0, cancelled = 0, expired = 0

  /// None.
  public init() {}

  /// Jobs that are over.
  public var ended: Int { succeeded + failed + cancelled + expired }

  /// Whether a callback with this condition is wanted after this end.
  public func meets(_ condition: CallbackCondition) -> Bool {
    switch condition {
    case .always: true
    case .success: succeeded == total
    case .failure: succeeded != total
    }
  }
}

/// What a user asks of a batch.
public struct BatchRequest: Sendable, Hashable {
  /// For people; need not be unique. A ``SessionName``'s form.
  public var name: String?
  /// The job that its end makes. In the strings of its input, `${batch.id}`, `${batch.total}`,
  /// `${batch.succeeded}`, `${batch.failed}`, `${batch.cancelled}` and `${batch.expired}` are
  /// replaced.
  public var callback: JobRequest?
  /// When it is made.
  public var condition = CallbackCondition.always
  /// The same key means the same batch.
  public var idempotencyKey: String?
  /// How many jobs came with the request; `nil` for a batch that stays open. It tells requests with
  /// one key apart, and is not stored.
  public var jobs: Int?

  /// No callback.
  public init() {}
}

/// A batch as its owner sees it.
public struct BatchRecord: Sendable, Hashable {
  /// A UUIDv7.
  public let id: BatchID
  /// What was asked; the callback's input is `null` in a listing.
  public let request: BatchRequest
  /// As it is stored.
  public let state: BatchState
  /// Jobs by how they ended; those that end at this moment may be missing.
  public let counts: BatchCounts
  /// Whether its jobs are being cancelled, or were.
  public let isCancelled: Bool
  /// The job that its end has made.
  public let callbackJob: JobID?
  /// What became of the callback: `made`, `not_wanted`, `not_allowed`; `nil` before the end, and
  /// without one.
  public let callbackOutcome: String?
  /// By the database's clock, as the others.
  public let createdAt: Date
  /// Since when no job comes any more.
  public let closedAt: Date?
  /// When the last of its jobs was counted.
  public let finishedAt: Date?

  /// Takes one reading.
  public init(
    id: BatchID, request: BatchRequest, state: BatchState, counts: BatchCounts, isCancelled: Bool,
    callbackJob: JobID?, callbackOutcome: String?, createdAt: Date, closedAt: Date?,
    finishedAt: Date?
  ) {
    self.id = id
    self.request = request
    self.state = state
    self.counts = counts
    self.isCancelled = isCancelled
    self.callbackJob = callbackJob
    self.callbackOutcome = callbackOutcome
    self.createdAt = createdAt
    self.closedAt = closedAt
    self.finishedAt = finishedAt
  }
}
