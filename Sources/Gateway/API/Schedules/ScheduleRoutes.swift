import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/schedules`: jobs that are made at the ticks of cron expressions.
struct ScheduleRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(.get, "/api/v1/schedules", Self.listing, .user { try await list($2) }),
      Route(.post, "/api/v1/schedules", Self.creating, .user { try await create($0, $2) }),
      Route(.get, "/api/v1/schedules/{name}", Self.showing, .user { try await show($1, $2) }),
      Route(.patch, "/api/v1/schedules/{name}", Self.editing, .user { try await edit($0, $1, $2) }),
      Route(
        .delete, "/api/v1/schedules/{name}", Self.deleting, .user { try await delete($0, $1, $2) }),
      Route(
        .post, "/api/v1/schedules/{name}/pause", Self.pausing,
        .user { try await pause(true, $0, $1, $2) }),
      Route(
        .post, "/api/v1/schedules/{name}/resume", Self.resuming,
        .user { try await pause(false, $0, $1, $2) }),
      Route(
        .post, "/api/v1/schedules/{name}/fire", Self.firing, .user { try await fire($0, $1, $2) }),
      Route(
        .get, "/api/v1/schedules/{name}/ticks", Self.ticking, .user { try await ticks($1, $2) }),
    ]
  }

  private func list(_ principal: Principal) async throws -> Response {
    .json(["items": .array(try await service.schedules(of: principal.user).map(\.json))])
  }

  private func create(_ request: Request, _ principal: Principal) async throws -> Response {
    let submission = try ScheduleSubmission(
      try await request.json(limit: configuration.bodyLimit), principal: principal)
    let schedule = try await service.createSchedule(
      try submission.request(catalog: try await service.catalog()), by: principal)
    return .json(
      schedule.json, status: .created,
      headers: [.location: "/api/v1/schedules/\(schedule.id)"])
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    .json(try await schedule(context, principal).json)
  }

  private func edit(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let submission = try ScheduleSubmission(
      try await request.json(limit: configuration.bodyLimit), principal: principal)
    let old = try await schedule(context, principal)
    guard old.isReadable || submission.members["input"] != nil else {
      throw Problem(
        .invalidBody, "The stored input of the schedule cannot be read.",
        faults: [.init(pointer: "/input", "Send it again.")])
    }
    let new = try submission.request(
      changing: old.request, catalog: try await service.catalog())
    guard
      let changed = try await service.editSchedule(old.id.description, to: new, by: principal)
    else { throw noSuchSchedule }
    return .json(changed.json)
  }

  private func delete(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try await request.emptyBody()
    guard try await service.deleteSchedule(try name(context), by: principal) else {
      throw noSuchSchedule
    }
    return Response(status: .noContent)
  }

  private func pause(
    _ isPaused: Bool, _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try await request.emptyBody()
    guard
      let schedule = try await service.pauseSchedule(
        try name(context), isPaused, by: principal)
    else { throw noSuchSchedule }
    return .json(schedule.json)
  }

  private func fire(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try await request.emptyBody()
    let target = try await schedule(context, principal).request.job.target
    guard principal.role.allows(target) else {
      throw Problem(
        .targetNotAllowed, "The role '\(principal.role.name)' does not allow this target.")
    }
    guard let job = try await service.fireSchedule(try name(context), by: principal) else {
      throw noSuchSchedule
    }
    return .json(
      job.json, status: .accepted,
      headers: [.location: "/api/v1/jobs/\(job.id)", .retryAfter: "1"])
  }

  private func ticks(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let count = try context.query.integer("count", in: 1...100) ?? 10
    guard
      let ticks = try await service.ticks(
        of: try name(context), user: principal.user, count: count)
    else { throw noSuchSchedule }
    return .json(["items": .array(ticks.map { .time($0) })])
  }

  private func schedule(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> ScheduleRecord {
    guard let schedule = try await service.schedule(try name(context), of: principal.user) else {
      throw noSuchSchedule
    }
    return schedule
  }

  private func name(_ context: GatewayContext) throws(Problem) -> String {
    guard let name = context.word("name") else { throw noSuchSchedule }
    return name
  }

  private var noSuchSchedule: Problem {
    Problem(.scheduleNotFound, "The user has no schedule with this name or id.")
  }
}

extension ScheduleRecord {
  /// The schedule as the API shows it.
  fileprivate var json: JSONValue {
    var deadline = JSONValue.null
    if case .after(let duration)? = request.job.options.deadline {
      deadline = .number(duration / .seconds(1))
    }
    let attempts = request.job.options.maximumAttempts.map { JSONValue.integer(Int64($0)) } ?? .null
    return [
      "id": .string(id.description), "name": .string(request.name),
      "cron": .string(request.cron), "time_zone": .string(request.timeZone),
      "target": .string(request.job.target.description), "input": request.job.input,
      "priority": .string(request.job.priority.name), "misfire": .string(request.misfire.name),
      "misfire_window_seconds": .number(request.misfireWindow / .seconds(1)),
      "overlap": .string(request.overlap.name),
      "session_id": request.job.options.session.map { .string($0.description) } ?? .null,
      "deadline_seconds": deadline,
      "max_attempts": attempts,
      "state": .string(isPaused ? "paused" : "active"),
      "next_at": .time(nextAt), "last_at": .time(lastAt),
      "last_job": lastJob.map { .string($0.description) } ?? .null,
      "last_outcome": lastOutcome.map(JSONValue.string) ?? .null, "created_at": .time(createdAt),
    ]
  }
}
