public import FoundationEssentials
public import Jobs
import Postgres

/// A schedule's row, its input still closed.
public struct StoredSchedule: Sendable {
  /// The schedule.
  public let id: ScheduleID
  /// Its owner, with the role of now; the token that it was made with.
  public let owner: Principal
  /// Whether the user or the token was revoked since.
  public let isRevoked: Bool
  /// What it does; its job's input is `null`.
  public let request: ScheduleRequest
  /// Sealed for ``SealedContent/Column/scheduleInput`` and the row `id`; empty in a listing.
  public let input: [UInt8]
  /// See ``Jobs/ScheduleRecord``.
  public let isPaused: Bool, pauseReason: TickOutcome?, lastJob: JobID?, lastOutcome: TickOutcome?
  /// See ``Jobs/ScheduleRecord``.
  public let nextAt: Date?, lastAt: Date?, createdAt: Date
  /// Whether the job of its last tick is not over.
  public let isBusy: Bool
  /// How many of its jobs in the session that its jobs have are not over, one more than may wait at
  /// most; 0 where it was not read for its ticks.
  public let queued: Int

  init(_ row: Row) throws {
    id = ScheduleID(try row.decode("id", as: UUID.self))
    owner = try row.principal()
    isRevoked = try row.decode("is_revoked", as: Bool.self)
    request = try Self.request(row)
    input = try row.decode("input", as: [UInt8].self)
    isPaused = try row.decode("is_paused", as: Bool.self)
    pauseReason = try row.decode("pause_reason", as: String?.self).flatMap(
      TickOutcome.init(rawValue:))
    nextAt = try row.decode("next_at", as: Date?.self)
    lastAt = try row.decode("last_at", as: Date?.self)
    lastJob = try row.decode("last_job", as: UUID?.self).map(JobID.init)
    lastOutcome = try row.decode("last_outcome", as: String?.self).flatMap(
      TickOutcome.init(rawValue:))
    createdAt = try row.decode("created_at", as: Date.self)
    isBusy = try row.decode("is_busy", as: Bool.self)
    queued = Int(try row.decode("queued", as: Int64.self))
  }

  private static func request(_ row: Row) throws -> ScheduleRequest {
    ScheduleRequest(
      name: try row.decode("name", as: String.self), cron: try row.decode("cron", as: String.self),
      timeZone: try row.decode("time_zone", as: String.self),
      job: JobRequest(
        target: try row.target("target"), input: .null, priority: try row.stored("priority"),
        options: try options(row)),
      misfire: try row.stored("misfire"),
      misfireWindow: .milliseconds(try row.decode("misfire_window_ms", as: Int64.self)),
      overlap: try row.stored("overlap"),
      maximumQueued: Int(try row.decode("max_queued", as: Int32.self)))
  }

  private static func options(_ row: Row) throws -> JobOptions {
    func duration(_ column: String) throws -> Duration? {
      try row.decode(column, as: Int64?.self).map { .milliseconds($0) }
    }
    var options = JobOptions()
    options.session = try row.decode("session", as: String?.self).flatMap(SessionName.init(stored:))
    options.deadline = try duration("deadline_ms").map { .after($0) }
    options.queueTimeout = try duration("queue_timeout_ms")
    options.stepTimeout = try duration("step_timeout_ms")
    options.idleTimeout = try duration("idle_timeout_ms")
    options.maximumAttempts = try row.decode("max_attempts", as: Int16?.self).map(Int.init)
    options.webhook = try row.decode("webhook_id", as: UUID?.self).map(WebhookID.init)
    return options
  }
}
