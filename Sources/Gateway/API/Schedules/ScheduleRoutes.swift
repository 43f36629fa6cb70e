import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/schedules`: jobs that are made at the ticks of cron expressions.
struct ScheduleRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(.get, "/api/v1/schedules", Self.listing, .user { try await list($1.query, $2) }),
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
      Route(
        .get, "/api/v1/schedules/{name}/history", Self.remembering,
        .user { try await history($1, $2) }),
    ]
  }

  private func list(_ query: Query, _ principal: Principal) async throws -> Response {
    let paging = try Paging<ScheduleKind>(
      query, limit: try query.pageLimit(), of: principal.user, filters: "schedules",
      sign: configuration.sign)
    let found = try await service.schedules(
      of: principal.user, before: paging.before, limit: paging.asked)
    return paging.response(
      found, id: \.id, json: { .object($0.summary) }, link: "/api/v1/schedules?")
  }

  private func create(_ request: Request, _ principal: Principal) async throws -> Response {
    let submission = try await submission(request, principal)
    let schedule = try await service.createSchedule(
      try submission.request(catalog: try await service.catalog()), by: principal)
    return .json(
      schedule.json, status: .created,
      headers: [.location: "/api/v1/schedules/\(schedule.id)"])
  }

  private func submission(
    _ request: Request, _ principal: Principal
  ) async throws -> ScheduleSubmission {
    var submission = try ScheduleSubmission(
      try await request.json(limit: configuration.bodyLimit), principal: principal)
    if submission.namesWebhook {
      submission.webhooks = try await service.webhooks(of: principal.user)
    }
    return submission
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    .json(try await schedule(context, principal).json)
  }

  private func edit(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let submission = try await submission(request, principal)
    let old = try await schedule(context, principal)
    let change = try submission.change(of: old.request, catalog: try await service.catalog())
    guard
      let changed = try await service.editSchedule(old.id.description, change, by: principal)
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
    let key = try RequestHeaders(fields: request.headers).idempotencyKey()
    try await request.emptyBody()
    let template = try await schedule(context, principal).request.job
    guard principal.role.allows(template.target) else {
      throw Problem(
        .targetNotAllowed, "The role '\(principal.role.name)' does not allow this target.")
    }
    guard template.priority >= principal.role.maximumPriority else {
      throw Problem(
        .priorityNotAllowed,
        "The role '\(principal.role.name)' allows at most "
          + "'\(principal.role.maximumPriority.name)'.")
    }
    guard
      let accepted = try await service.fireSchedule(try name(context), key: key, by: principal)
    else { throw noSuchSchedule }
    return accepted.commandResponse
  }

  private func ticks(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let count = try context.query.integer("count", in: 1...100) ?? 10
    guard
      let ticks = try await service.ticks(
        of: try name(context), user: principal.user, count: count)
    else { throw noSuchSchedule }
    return .json(["items": .array(ticks.map { .time($0) })])
  }

  private func history(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let limit = try context.query.pageLimit()
    let name = try name(context)
    let paging = try Paging<TickKind>(
      context.query, limit: limit, of: principal.user, filters: "history of \(name)",
      sign: configuration.sign)
    let found = try await service.history(
      of: name, user: principal.user, before: paging.before, limit: paging.asked)
    guard let found else { throw noSuchSchedule }
    // As it came, percent-encoded.
    let path = context.parameters.get("name") ?? name
    return paging.response(
      found, id: \.id, json: \.json, link: "/api/v1/schedules/\(path)/history?")
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
