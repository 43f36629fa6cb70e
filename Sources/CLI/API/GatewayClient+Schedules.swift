import HTTP
import Jobs

extension GatewayClient {
  /// What is told to a schedule that is there.
  enum ScheduleCommand: String, Sendable {
    case pause, resume
  }

  /// All of the user's schedules, by name and without their inputs: `items`.
  func schedules() async throws -> JSONValue {
    var all: [JSONValue] = []
    var query: [(name: String, value: String)] = [("limit", "200")]
    while true {
      let page = try await list("/schedules", query)
      all += page["items"]?.elements ?? []
      guard let next = page["next_cursor"]?.text else { break }
      query = [("limit", "200"), ("cursor", next)]
    }
    all.sort { $0["name"]?.text ?? "" < $1["name"]?.text ?? "" }
    return ["items": .array(all)]
  }

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

  /// Makes the schedule's job now, one however often it has to be sent.
  ///
  /// - Parameter key: The idempotency key.
  func fire(_ name: String, key: String) async throws -> JobView {
    var call = Call(method: .post, path: "\(Self.path(of: name))/fire", body: .json([:]))
    call.headers["Idempotency-Key"] = key
    return try JobView(await send(call))
  }

  /// When a schedule fires next: `items`, RFC 3339.
  func ticks(of name: String, count: Int) async throws -> JSONValue {
    try await list("\(Self.path(of: name))/ticks", [("count", "\(count)")])
  }

  /// What became of a schedule's ticks, newest first: `items` and, unless it is the last page,
  /// `next_cursor`.
  func history(
    of name: String, _ query: [(name: String, value: String)]
  ) async throws -> JSONValue {
    try await list("\(Self.path(of: name))/history", query)
  }

  private static func path(of schedule: String) -> String { "/schedules/\(segment(schedule))" }
}
