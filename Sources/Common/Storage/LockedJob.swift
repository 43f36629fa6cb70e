import FoundationEssentials
public import Jobs
public import Postgres

/// A job under its row lock.
public struct LockedJob: Sendable, Hashable {
  /// The row that is locked until the transaction ends.
  public let id: JobID
  /// The owner; steps to insert carry it.
  public let user: UserID
  /// The priority of all its steps.
  public let priority: Priority
  /// As stored: a job whose steps run is still `queued` or `waiting` here.
  public var state: JobState
  /// Set once it shall end before its time.
  public var stop: JobStop?
  /// Its unfinished steps.
  public var open: Int
  /// The index that the next new step gets.
  public var nextIndex: Int
  /// The seq of its newest event, from 1.
  public var lastSequence: Int64
  /// Whether its `started_at` is set.
  public var hasStarted: Bool
  /// The agent or skill that the job is for.
  public let target: Target
  /// The 16 random bytes that true replies carry.
  public let replyKey: [UInt8]
  /// Its user's share of a lane.
  public let weight: Int
  /// How many jobs are above it in its tree.
  public let depth: Int
  /// Whether another job waits for it.
  public let isChild: Bool
  /// How many jobs it has delegated so far.
  public var delegations: Int
  /// The conversation that it is part of.
  public let session: SessionName?
  /// The set that it is part of.
  public let batch: BatchID?

  /// Whether nothing new may begin.
  public var isStopping: Bool { stop != nil }

  /// For tests and plans; what the database holds comes from ``init(_:)``.
  public init(
    id: JobID, user: UserID, priority: Priority, state: JobState, stop: JobStop? = nil,
    open: Int, nextIndex: Int, lastSequence: Int64, hasStarted: Bool, target: Target,
    replyKey: [UInt8], weight: Int = 1, depth: Int = 0, isChild: Bool = false,
    delegations: Int = 0, session: SessionName? = nil, batch: BatchID? = nil
  ) {
    self.id = id
    self.user = user
    self.priority = priority
    self.state = state
    self.stop = stop
    self.open = open
    self.nextIndex = nextIndex
    self.lastSequence = lastSequence
    self.hasStarted = hasStarted
    self.target = target
    self.replyKey = replyKey
    self.weight = weight
    self.depth = depth
    self.isChild = isChild
    self.delegations = delegations
    self.session = session
    self.batch = batch
  }

  /// Reads one row of ``FinishStatements/lock(_:)``.
  public init(_ row: Row) throws(PostgresError) {
    id = JobID(try row.decode("id", as: UUID.self))
    user = UserID(try row.decode("user_id", as: UUID.self))
    priority = try row.stored("priority")
    state = try row.stored("state")
    stop = try JobStop(row)
    open = Int(try row.decode("open", as: Int32.self))
    nextIndex = Int(try row.decode("next_index", as: Int32.self))
    lastSequence = try row.decode("last_seq", as: Int64.self)
    hasStarted = try row.decode("has_started", as: Bool.self)
    target = try row.target("target")
    replyKey = try row.decode("reply_key", as: [UInt8].self)
    weight = Int(try row.decode("weight", as: Int16.self))
    depth = Int(try row.decode("depth", as: Int16.self))
    isChild = try row.decode("is_child", as: Bool.self)
    delegations = Int(try row.decode("delegations", as: Int32.self))
    session = try row.decode("session", as: String?.self).flatMap(SessionName.init(stored:))
    batch = try row.decode("batch_id", as: UUID?.self).map(BatchID.init)
  }
}

/// Why a job ends before its time.
public enum JobStop: Sendable, Hashable, CaseIterable {
  /// Somebody wanted it to.
  case cancelled
  /// The job that had delegated it was cancelled, or has ended without it.
  case orphaned
  /// The job, or the one above it, was not over by its deadline.
  case deadlinePassed
  /// None of its steps had started in time.
  case queueTimeout
  /// The signal that it was to start with did not come in time.
  case signalTimeout

  /// What the job becomes.
  public var state: JobState {
    switch self {
    case .cancelled, .orphaned: .cancelled
    case .deadlinePassed, .queueTimeout, .signalTimeout: .expired
    }
  }

  /// Why, for the job's owner; nothing for somebody's wish.
  public var failure: StepFailure? {
    switch self {
    case .cancelled: nil
    case .orphaned:
      StepFailure(
        .cancelled, code: code, message: "The job that had delegated this one has ended.")
    case .deadlinePassed:
      StepFailure(.expired, code: code, message: "The job was not over by its deadline.")
    case .queueTimeout:
      StepFailure(
        .expired, code: code, message: "The job did not start within its queue timeout.")
    case .signalTimeout:
      StepFailure(
        .expired, code: code, message: "The signal that the job was to start with did not come.")
    }
  }

  /// As it is stored and shown.
  public var code: String {
    switch self {
    case .cancelled: "cancelled"
    case .orphaned: "parent_ended"
    case .deadlinePassed: "deadline_passed"
    case .queueTimeout: "queue_timeout"
    case .signalTimeout: "signal_timeout"
    }
  }

  /// Reads `is_stopping` and `stop_code`.
  init?(_ row: Row) throws(PostgresError) {
    guard try row.decode("is_stopping", as: Bool.self) else { return nil }
    let code = try row.decode("stop_code", as: String?.self)
    self = Self.allCases.first { $0.code == code } ?? .cancelled
  }
}
