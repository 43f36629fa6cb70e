public import FoundationEssentials
public import Jobs
public import Postgres
public import Storage

/// A user's schedules: making, changing and looking at them.
public struct ScheduleBook: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent

  /// Each call is a transaction over a connection of `pool`.
  public init(pool: PostgresPool, content: SealedContent) {
    self.pool = pool
    self.content = content
  }

  /// Why a schedule is not stored.
  public enum Refusal: Error, Sendable, Hashable {
    /// The expression, or its zone, cannot be read; what to write instead.
    case cron(CronError)
    /// Another schedule of the user has the name.
    case nameTaken
    /// The user has as many as a user may have.
    case tooMany
    /// The stored input cannot be opened, so no job can be made of it.
    case unreadable
  }

  /// The most schedules of a user.
  public static let maximum = 1_000

  /// A page of a user's schedules, the newest first, without their inputs (`null`).
  ///
  /// - Parameters:
  ///   - before: Only those that are older; `nil` for all.
  ///   - limit: 1 to 201.
  /// - Throws: `PostgresError`.
  public func list(
    of user: UserID, before: ScheduleID? = nil, limit: Int
  ) async throws -> [ScheduleRecord] {
    let rows = try await pool.query(
      ScheduleStatements.list(of: user, before: before, limit: limit))
    return try ScheduleStatements.read(rows).map { record($0, input: .null, isReadable: true) }
  }

  /// A schedule by its id or name; `nil` when the user has none such. Its input is `null` when it
  /// cannot be read.
  ///
  /// - Throws: `PostgresError`.
  public func find(_ name: String, of user: UserID) async throws -> ScheduleRecord? {
    try await stored(name, of: user).map(record)
  }

  private func stored(_ name: String, of user: UserID) async throws -> StoredSchedule? {
    try ScheduleStatements.read(try await pool.query(ScheduleStatements.find(name, of: user))).first
  }

  /// Makes a schedule.
  ///
  /// - Throws: ``Refusal``; `PostgresError`.
  public func create(
    _ request: ScheduleRequest, by principal: Principal
  ) async throws -> ScheduleRecord {
    let id = ScheduleID()
    let statement = ScheduleStatements.insert(
      id, request, input: try content.seal(request.job.input, .scheduleInput, row: id.uuid),
      next: try Self.cron(request).next(after: Date()), by: principal)
    try await named {
      try await pool.transaction { transaction in
        let hasRoom = try await transaction.hasRoom(
          for: principal.user, below: Self.maximum,
          by: ScheduleStatements.count(of: principal.user))
        guard hasRoom else { throw Refusal.tooMany }
        try await transaction.commit(after: [statement])
      }
    }
    guard let record = try await find(id.description, of: principal.user) else {
      throw PostgresError(code: .decoding, message: "the new schedule is gone")
    }
    return record
  }

  /// Changes what is asked of a schedule, and nothing else that was changed meanwhile. With another
  /// expression or zone its next tick follows from now on.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``Refusal``; `PostgresError`.
  public func edit(
    _ name: String, _ change: ScheduleChange, by principal: Principal
  ) async throws -> ScheduleRecord? {
    let id = try await named {
      try await pool.transaction { transaction -> ScheduleID? in
        guard let old = try await lock(name, of: principal, in: transaction) else { return nil }
        let new = change.applied(to: old.request)
        let cron = try Self.cron(new)
        let isOnTime = new.cron == old.request.cron && new.timeZone == old.request.timeZone
        // What is not said stays sealed as it is, also if nobody here can read it.
        let input = try change.input.map {
          try content.seal($0, .scheduleInput, row: old.id.uuid)
        }
        try await transaction.commit(after: [
          ScheduleStatements.update(
            old.id, to: new, input: input, next: isOnTime ? nil : .some(cron.next(after: Date())),
            by: principal)
        ])
        return old.id
      }
    }
    guard let id else { return nil }
    return try await find(id.description, of: principal.user)
  }

  private func lock(
    _ name: String, of principal: Principal, in transaction: PostgresTransaction
  ) async throws -> StoredSchedule? {
    let rows = try await transaction.query(
      ScheduleStatements.find(name, of: principal.user, locks: true))
    return try ScheduleStatements.read(rows).first
  }

  private func named<Answer>(_ store: () async throws -> Answer) async throws -> Answer {
    do {
      return try await store()
    } catch let error as PostgresError where error.code == .uniqueViolation {
      throw Refusal.nameTaken
    }
  }

  /// Pauses a schedule, or lets it go on; ticks that came meanwhile are left out.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func pause(
    _ name: String, _ isPaused: Bool, by principal: Principal
  ) async throws -> ScheduleRecord? {
    // Its row is locked, so that the next tick is one of the expression that it has then.
    let id = try await pool.transaction { transaction -> ScheduleID? in
      guard let old = try await lock(name, of: principal, in: transaction) else { return nil }
      let next = isPaused ? nil : try Self.cron(old.request).next(after: Date())
      _ = try await transaction.commit(after: [
        ScheduleStatements.pause(old.id, isPaused, next: next, by: principal)
      ])
      return old.id
    }
    guard let id else { return nil }
    return try await find(id.description, of: principal.user)
  }

  /// Deletes a schedule; the jobs that it has made stay.
  ///
  /// - Returns: Whether the user had one such.
  /// - Throws: `PostgresError`.
  public func delete(_ name: String, by principal: Principal) async throws -> Bool {
    guard let old = try await stored(name, of: principal.user) else { return false }
    _ = try await pool.execute(ScheduleStatements.delete(old.id, by: principal))
    return true
  }

  /// What a schedule's job asks for, to have it made now; its options name the schedule.
  ///
  /// - Returns: `nil` when the user has none such.
  /// - Throws: ``Refusal/unreadable``; `PostgresError`.
  public func request(of name: String, user: UserID) async throws -> JobRequest? {
    guard let schedule = try await stored(name, of: user) else { return nil }
    let input: JSONValue
    do {
      input = try content.open(schedule.input, .scheduleInput, row: schedule.id.uuid)
    } catch { throw Refusal.unreadable }
    return ScheduledJob.request(schedule, input: input)
  }

  /// What became of the ticks of a schedule in the last 30 days, the newest first.
  ///
  /// - Parameters:
  ///   - before: Only those that are older; `nil` for all.
  ///   - limit: 1 to 201.
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func history(
    of name: String, user: UserID, before: TickID? = nil, limit: Int
  ) async throws -> [TickRecord]? {
    guard let schedule = try await stored(name, of: user) else { return nil }
    return try TickStatements.read(
      try await pool.query(TickStatements.list(of: schedule.id, before: before, limit: limit)))
  }

  /// The next ticks of a schedule.
  ///
  /// - Parameter count: 1 to 100.
  /// - Returns: `nil` when the user has none such.
  /// - Throws: `PostgresError`.
  public func ticks(
    of name: String, user: UserID, count: Int
  ) async throws -> [Date]? {
    guard let schedule = try await stored(name, of: user) else { return nil }
    let cron = try Self.cron(schedule.request)
    return cron.ticks(after: Date(), through: .distantFuture, limit: count)
  }

  private static func cron(_ request: ScheduleRequest) throws -> CronExpression {
    do throws(CronError) {
      return try CronExpression(request.cron, timeZone: request.timeZone)
    } catch { throw Refusal.cron(error) }
  }

  private func record(_ stored: StoredSchedule) -> ScheduleRecord {
    // Its owner has to see it, to mend or to delete it; the record says that it cannot be read.
    let input = try? content.open(stored.input, .scheduleInput, row: stored.id.uuid)
    return record(stored, input: input ?? .null, isReadable: input != nil)
  }

  private func record(
    _ stored: StoredSchedule, input: JSONValue, isReadable: Bool
  ) -> ScheduleRecord {
    var request = stored.request
    request.job = JobRequest(
      target: request.job.target, input: input, priority: request.job.priority,
      options: request.job.options)
    return ScheduleRecord(
      id: stored.id, request: request, isReadable: isReadable, isPaused: stored.isPaused,
      pauseReason: stored.pauseReason, nextAt: stored.nextAt, lastAt: stored.lastAt,
      lastJob: stored.lastJob, lastOutcome: stored.lastOutcome, createdAt: stored.createdAt)
  }
}
