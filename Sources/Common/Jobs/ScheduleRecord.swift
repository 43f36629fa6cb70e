public import FoundationEssentials

/// Names the kind of a ``ScheduleID``.
public enum ScheduleKind: Sendable {}
/// One schedule; stays when it is renamed.
public typealias ScheduleID = Identifier<ScheduleKind>

/// What becomes of ticks that nobody fired in time. The raw value is what is stored.
public enum MisfirePolicy: Int16, Sendable, CaseIterable {
  /// They are left out.
  case skip = 0
  /// One job for all of them.
  case once = 1
  /// A job for each.
  case all = 2

  /// The name used in the API.
  public var name: String {
    switch self {
    case .skip: "skip"
    case .once: "once"
    case .all: "all"
    }
  }
}

/// What becomes of a tick while the job of the one before is not over. The raw value is what is
/// stored.
public enum OverlapPolicy: Int16, Sendable, CaseIterable {
  /// No job is made.
  case skip = 0
  /// The new job waits until the one before is over.
  case queue = 1
  /// The one before is cancelled.
  case cancel = 2
  /// Both run.
  case parallel = 3

  /// The name used in the API.
  public var name: String {
    switch self {
    case .skip: "skip"
    case .queue: "queue"
    case .cancel: "cancel"
    case .parallel: "parallel"
    }
  }
}

/// What a user asks of a schedule, valid in form; `cron` and `timeZone` are not checked yet.
public struct ScheduleRequest: Sendable, Hashable {
  /// Unique among the user's schedules; a ``SessionName``'s form, and no UUID.
  public var name: String
  /// Five fields.
  public var cron: String
  /// Such as `Europe/Berlin`.
  public var timeZone: String
  /// What its jobs are.
  public var job: JobRequest
  /// What becomes of ticks that were missed.
  public var misfire: MisfirePolicy
  /// How late a missed tick may still be made up for.
  public var misfireWindow: Duration
  /// What becomes of a tick while the job before is not over.
  public var overlap: OverlapPolicy

  /// Takes checked values; of the job's options a session, a deadline from its start and a number
  /// of attempts count.
  public init(
    name: String, cron: String, timeZone: String = "UTC", job: JobRequest,
    misfire: MisfirePolicy = .once, misfireWindow: Duration = .seconds(86_400),
    overlap: OverlapPolicy = .queue
  ) {
    self.name = name
    self.cron = cron
    self.timeZone = timeZone
    self.job = job
    self.misfire = misfire
    self.misfireWindow = misfireWindow
    self.overlap = overlap
  }
}

/// A schedule as its owner sees it.
public struct ScheduleRecord: Sendable, Hashable {
  /// The schedule.
  public let id: ScheduleID
  /// What it does.
  public let request: ScheduleRequest
  /// Whether the input of its jobs can be read; it is `null` in ``request`` if not.
  public let isReadable: Bool
  /// Whether it fires nothing for now.
  public let isPaused: Bool
  /// When it fires next; `nil` while it is paused.
  public let nextAt: Date?
  /// Its last tick that was decided on.
  public let lastAt: Date?
  /// The job of its last tick that made one.
  public let lastJob: JobID?
  /// What became of its last tick, such as `fired` or `skipped_overlap`; `nil` before the first.
  public let lastOutcome: String?
  /// When it was made.
  public let createdAt: Date

  /// Takes one reading.
  public init(
    id: ScheduleID, request: ScheduleRequest, isReadable: Bool = true, isPaused: Bool,
    nextAt: Date?, lastAt: Date?, lastJob: JobID?, lastOutcome: String?, createdAt: Date
  ) {
    self.id = id
    self.request = request
    self.isReadable = isReadable
    self.isPaused = isPaused
    self.nextAt = nextAt
    self.lastAt = lastAt
    self.lastJob = lastJob
    self.lastOutcome = lastOutcome
    self.createdAt = createdAt
  }
}
