public import FoundationEssentials
public import Jobs

/// What the HTTP shell asks about schedules; a part of ``JobService``, whose rules hold.
public protocol ScheduleService: Sendable {
  /// A page of a user's schedules, the newest first; the inputs of their jobs may be left out.
  ///
  /// - Parameter limit: 1 to 201: the shell asks for one more than it shows.
  func schedules(
    of user: UserID, before: ScheduleID?, limit: Int
  ) async throws(ServiceError) -> [ScheduleRecord]

  /// A schedule by its name or id.
  ///
  /// - Returns: `nil` when the user has none such.
  func schedule(_ name: String, of user: UserID) async throws(ServiceError) -> ScheduleRecord?

  /// Makes a schedule.
  ///
  /// - Throws: ``ServiceError/badSchedule(_:)``.
  func createSchedule(
    _ request: ScheduleRequest, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord

  /// Changes what is asked of a schedule, and nothing else that was changed meanwhile.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``ServiceError/badSchedule(_:)``.
  func editSchedule(
    _ name: String, _ change: ScheduleChange, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord?

  /// Pauses a schedule, or lets it go on.
  ///
  /// - Returns: `nil` when the user has none such.
  func pauseSchedule(
    _ name: String, _ isPaused: Bool, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord?

  /// Deletes a schedule.
  ///
  /// - Returns: Whether the user had one such.
  func deleteSchedule(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool

  /// Makes a schedule's job now.
  ///
  /// - Parameter key: An idempotency key, which stands for this command to this schedule.
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``ServiceError/idempotencyKeyReused``.
  func fireSchedule(
    _ name: String, key: String?, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob?

  /// When a schedule fires next.
  ///
  /// - Parameter count: 1 to 100.
  /// - Returns: `nil` when the user has none such.
  func ticks(
    of name: String, user: UserID, count: Int
  ) async throws(ServiceError) -> [Date]?

  /// What became of the ticks of a schedule, the newest first.
  ///
  /// - Parameter limit: 1 to 201: the shell asks for one more than it shows.
  /// - Returns: `nil` when the user has none such.
  func history(
    of name: String, user: UserID, before: TickID?, limit: Int
  ) async throws(ServiceError) -> [TickRecord]?
}

/// Why a schedule cannot be stored.
public enum ScheduleFault: Sendable, Hashable {
  /// The expression cannot be read; what is allowed.
  case cron(detail: String)
  /// The time zone is not known; what is allowed.
  case timeZone(detail: String)
  /// Another schedule of the user has the name.
  case nameTaken
  /// The user has as many as a user may have.
  case tooMany
  /// Its stored input cannot be read.
  case unreadable
}
