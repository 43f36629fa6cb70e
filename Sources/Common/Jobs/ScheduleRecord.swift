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

/// What became of a tick, or why a schedule stopped by itself. The raw value is what is stored and
/// shown.
public enum TickOutcome: String, Sendable, CaseIterable {
  /// A job was made.
  case fired
  /// Nobody could fire it in time.
  case missed
  /// It was late, and one job stands for several.
  case merged
  /// The job before was not over, or would have been cancelled for the next one at once, or as many
  /// jobs waited as may wait.
  case skippedOverlap = "skipped_overlap"
  /// The user, the token or their right to the target is gone; the schedule stopped.
  case notAllowed = "not_allowed"
  /// Its expression or input cannot be read; the schedule stopped.
  case unreadable
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
  /// How many of its jobs may wait for each other, beside the one that they wait for: a tick beyond
  /// makes none. 1 to ``mostQueued``.
  public var maximumQueued: Int

  /// The most that ``maximumQueued`` may be.
  public static let mostQueued = 1_000

  /// Takes checked values; of the job's options count session, timeouts, number of attempts,
  /// webhook, and a deadline from its start.
  public init(
    name: String, cron: String, timeZone: String = "UTC", job: JobRequest,
    misfire: MisfirePolicy = .once, misfireWindow: Duration = .seconds(86_400),
    overlap: OverlapPolicy = .queue, maximumQueued: Int = 100
  ) {
    self.name = name
    self.cron = cron
    self.timeZone = timeZone
    self.job = job
    self.misfire = misfire
    self.misfireWindow = misfireWindow
    self.overlap = overlap
    self.maximumQueued = maximumQueued
  }

  /// Whether its jobs wait for each other, so that they may pile up.
  public var queuesJobs: Bool {
    overlap == .queue || overlap == .parallel && job.options.session != nil
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
  /// Why it paused by itself, ``TickOutcome/notAllowed`` or ``TickOutcome/unreadable``; `nil` while
  /// it fires, and when a user has paused it.
  public let pauseReason: TickOutcome?
  /// When it fires next; `nil` while it is paused.
  public let nextAt: Date?
  /// Its last tick that was decided on.
  public let lastAt: Date?
  /// The job of its last tick that made one.
  public let lastJob: JobID?
  /// What became of its last tick; `nil` before the first.
  public let lastOutcome: TickOutcome?
  /// When it was made.
  public let createdAt: Date

  /// Takes one reading.
  public init(
    id: ScheduleID, request: ScheduleRequest, isReadable: Bool = true, isPaused: Bool,
    pauseReason: TickOutcome? = nil, nextAt: Date?, lastAt: Date?, lastJob: JobID?,
    lastOutcome: TickOutcome?, createdAt: Date
  ) {
    self.id = id
    self.request = request
    self.isReadable = isReadable
    self.isPaused = isPaused
    self.pauseReason = pauseReason
    self.nextAt = nextAt
    self.lastAt = lastAt
    self.lastJob = lastJob
    self.lastOutcome = lastOutcome
    self.createdAt = createdAt
  }
}
