import Foundation
import GatewayAPI
import Jobs
import Synchronization

extension InMemoryJobService {
  func schedules(
    of user: UserID, before: ScheduleID?, limit: Int
  ) async throws(ServiceError) -> [ScheduleRecord] {
    try fail()
    return state.withLock { state in
      let mine = state.schedules.filter { $0.owner == user }.map(\.record)
      return [ScheduleRecord](
        mine.filter { record in before.map { record.id < $0 } ?? true }
          .sorted { $0.id > $1.id }.prefix(limit))
    }
  }

  func schedule(_ name: String, of user: UserID) async throws(ServiceError) -> ScheduleRecord? {
    try await schedules(of: user, before: nil, limit: .max).first {
      $0.request.name == name || $0.id.description == name
    }
  }

  func createSchedule(
    _ request: ScheduleRequest, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord {
    if request.cron == "bad cron here x y" { throw .badSchedule(.cron(detail: "no")) }
    if request.timeZone == "Nowhere" { throw .badSchedule(.timeZone(detail: "no")) }
    guard try await schedule(request.name, of: principal.user) == nil else {
      throw .badSchedule(.nameTaken)
    }
    let record = Self.record(ScheduleID(), request, isPaused: false)
    state.withLock { $0.schedules.append((principal.user, record)) }
    return record
  }

  func editSchedule(
    _ name: String, _ change: ScheduleChange, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord? {
    guard let old = try await schedule(name, of: principal.user) else { return nil }
    let request = change.applied(to: old.request)
    return replace(old, by: Self.record(old.id, request, isPaused: old.isPaused))
  }

  func pauseSchedule(
    _ name: String, _ isPaused: Bool, by principal: Principal
  ) async throws(ServiceError) -> ScheduleRecord? {
    guard let old = try await schedule(name, of: principal.user) else { return nil }
    return replace(old, by: Self.record(old.id, old.request, isPaused: isPaused))
  }

  func deleteSchedule(_ name: String, by principal: Principal) async throws(ServiceError) -> Bool {
    guard let old = try await schedule(name, of: principal.user) else { return false }
    state.withLock { $0.schedules.removeAll { $0.record.id == old.id } }
    return true
  }

  func fireSchedule(
    _ name: String, key: String?, by principal: Principal
  ) async throws(ServiceError) -> AcceptedJob? {
    guard let schedule = try await schedule(name, of: principal.user) else { return nil }
    guard schedule.isReadable else { throw .badSchedule(.unreadable) }
    return try accept(
      schedule.request.job.keyed(key), by: principal,
      meaning: KeyedCommand.fire(schedule.id).fingerprint)
  }

  func history(
    of name: String, user: UserID, before: TickID?, limit: Int
  ) async throws(ServiceError) -> [TickRecord]? {
    guard try await schedule(name, of: user) != nil else { return nil }
    return state.withLock { state in
      [TickRecord](
        state.ticks.filter { tick in before.map { tick.at < $0.date } ?? true }
          .sorted { $0.at > $1.at }.prefix(limit))
    }
  }

  func ticks(
    of name: String, user: UserID, count: Int
  ) async throws(ServiceError) -> [Date]? {
    try await schedule(name, of: user).map { _ in
      (0..<count).map { Self.now + Double($0) * 60 }
    }
  }

  private func replace(_ old: ScheduleRecord, by new: ScheduleRecord) -> ScheduleRecord {
    state.withLock { state in
      state.schedules = state.schedules.map { $0.record.id == old.id ? ($0.owner, new) : $0 }
    }
    return new
  }

  private static func record(
    _ id: ScheduleID, _ request: ScheduleRequest, isPaused: Bool
  ) -> ScheduleRecord {
    ScheduleRecord(
      id: id, request: request, isPaused: isPaused, nextAt: isPaused ? nil : now, lastAt: nil,
      lastJob: nil, lastOutcome: nil, createdAt: now)
  }
}
