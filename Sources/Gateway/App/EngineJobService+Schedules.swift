import Engine
import FoundationEssentials
import GatewayAPI
import Jobs

extension EngineJobService {
  func schedules(
    of user: UserID, before: ScheduleID?, limit: Int
  ) async throws(ServiceError) -> [ScheduleRecord] {
    try await answered { try await schedules.list(of: user, before: before, limit: limit) }
  }

  func schedule(_ name: String, of user: UserID) async throws(ServiceError) -> ScheduleRecord? {
    try await answered { try await schedules.find(name, of: user) }
  }

  func createSchedule(
    _ request: ScheduleRequest, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord {
    try await stored { try await schedules.create(request, by: principal) }
  }

  func editSchedule(
    _ name: String, _ change: ScheduleChange, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord? {
    try await stored { try await schedules.edit(name, change, by: principal) }
  }

  func pauseSchedule(
    _ name: String, _ isPaused: Bool, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord? {
    try await answered { try await schedules.pause(name, isPaused, by: principal) }
  }

  func deleteSchedule(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool {
    try await answered { try await schedules.delete(name, by: principal) }
  }

  func fireSchedule(
    _ name: String, key: String?, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob? {
    let request = try await stored {
      try await schedules.request(of: name, user: principal.user)
    }
    guard let request, let schedule = request.options.schedule else { return nil }
    return try await accept(request, of: .fire(schedule), key: key, by: principal)
  }

  func history(
    of name: String, user: UserID, before: TickID?, limit: Int
  ) async throws(ServiceError) -> [TickRecord]? {
    try await answered {
      try await schedules.history(of: name, user: user, before: before, limit: limit)
    }
  }

  func ticks(
    of name: String, user: UserID, count: Int
  ) async throws(ServiceError) -> [Date]? {
    try await answered { try await schedules.ticks(of: name, user: user, count: count) }
  }

  private func stored<Answer: Sendable>(
    _ store: () async throws -> Answer
  ) async throws(ServiceError) -> Answer {
    try await answered {
      do { return try await store() } catch let refusal as ScheduleBook.Refusal {
        throw ServiceError.badSchedule(Self.fault(refusal))
      }
    }
  }

  private static func fault(_ refusal: ScheduleBook.Refusal) -> ScheduleFault {
    switch refusal {
    case .nameTaken: .nameTaken
    case .tooMany: .tooMany
    case .unreadable: .unreadable
    case .cron(let error):
      error.code == .unknownTimeZone
        ? .timeZone(detail: error.message) : .cron(detail: error.message)
    }
  }
}
