import HTTP
import Jobs

extension GatewayClient {
  /// What is told to a schedule that is there.
  enum ScheduleCommand: String, Sendable {
    case pause, resume
  }

  /// The user's schedules: `items`.
  func schedules() async throws -> JSONValue { try await list("/schedules") }

  /// A schedule, by its name or its id.
  func schedule(_ name: String) async throws -> ScheduleView {
    try ScheduleView(await send(Call(path: Self.path(of: name))))
  }

  /// Makes a schedule. Not repeated: the name would be taken.
  func createSchedule(_ schedule: [String: JSONValue]) async throws -> ScheduleView {
    let call = Call(method: .post, path: "/schedules", body: .json(.object(schedule)))
    return try ScheduleView(await send(call))
  }

  /// Changes a schedule; what is said twice is changed once.
  func editSchedule(
    _ name: String, _ changes: [String: JSONValue], knowsGateway: Bool = false
  ) async throws -> ScheduleView {
    let call = Call(
      method: .patch, path: Self.path(of: name), body: .json(.object(changes)),
      knowsGateway: knowsGateway, isRepeatable: true)
    return try ScheduleView(await send(call))
  }

  /// Deletes a schedule; the jobs that it has made stay.
  func deleteSchedule(_ name: String) async throws {
    _ = try await send(
      Call(method: .delete, path: Self.path(of: name), goneCode: "schedule_not_found"))
  }

  /// Pauses a schedule, or resumes it; asking again is harmless.
  func tell(_ command: ScheduleCommand, to name: String) async throws -> ScheduleView {
    let call = Call(
      method: .post, path: "\(Self.path(of: name))/\(command.rawValue)", body: .json([:]),
      isRepeatable: true)
    return try ScheduleView(await send(call))
  }

  /// Makes the schedule's job now. Not repeated: each call makes one.
  func fire(_ name: String) async throws -> JobView {
    let call = Call(method: .post, path: "\(Self.path(of: name))/fire", body: .json([:]))
    return try JobView(await send(call))
  }

  /// When a schedule fires next: `items`, RFC 3339.
  func ticks(of name: String, count: Int) async throws -> JSONValue {
    try await list("\(Self.path(of: name))/ticks", [("count", "\(count)")])
  }

  private static func path(of schedule: String) -> String { "/schedules/\(segment(schedule))" }
}
