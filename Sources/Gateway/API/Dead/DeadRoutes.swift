import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/queues/{pool}/dead`: what will not be tried again, and what to do about it.
///
/// Everybody has their own; who may operate has all.
struct DeadRoutes: RouteGroup {
  let parts: RouteParts
  private var service: any JobService { parts.service }
  private var configuration: GatewayConfiguration { parts.configuration }

  var routes: [Route] {
    [
      Route(.get, "/api/v1/queues/{lane}/dead", Self.listing, .user { try await list($1, $2) }),
      Route(
        .get, "/api/v1/queues/{lane}/dead/groups", Self.grouping,
        .user { try await groups($1, $2) }),
      Route(
        .post, "/api/v1/queues/{lane}/dead/redrive", Self.redriving,
        .user { try await redrive($0, $1, $2) }),
      Route(
        .post, "/api/v1/queues/{lane}/dead/drop", Self.dropping,
        .user { try await drop($0, $1, $2) }),
    ]
  }

  private func list(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    let query = context.query
    let limit = try query.pageLimit()
    var filter = try await filter(context, principal)
    filter.target = try query.target()
    filter.code = try text("code", query)
    filter.fingerprint = try text("fingerprint", query)
    filter.limit = limit + 1
    let paging = try Paging<StepKindTag>(
      query, limit: limit, of: principal.user, filters: Self.canonical(filter),
      sign: configuration.sign)
    filter.before = paging.before
    return paging.response(
      try await service.deadSteps(filter), id: \.id, json: \.json, link: nil)
  }

  private func text(_ name: String, _ query: Query) throws(Problem) -> String? {
    guard let text = query[name] else { return nil }
    guard (1...300).contains(text.utf8.count), text.utf8.allSatisfy({ $0 < 0x7F }) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: name, "1 to 300 printable ASCII characters.")])
    }
    return text
  }

  private static func canonical(_ filter: DeadFilter) -> String {
    JSONValue.array([
      .string("dead"), .string(filter.pool.name),
      filter.target.map { .string($0.description) } ?? .null,
      filter.code.map(JSONValue.string) ?? .null,
      filter.fingerprint.map(JSONValue.string) ?? .null,
    ]).json.reduce(into: "") { $0.unicodeScalars.append(Unicode.Scalar($1)) }
  }

  private func groups(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    var filter = try await filter(context, principal)
    filter.limit = 200
    return .json(["items": .array(try await service.deadGroups(filter).map(\.json))])
  }

  private func redrive(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    var filter = try await filter(context, principal)
    let body = try DeadBody(
      try await request.json(limit: configuration.bodyLimit), known: ["canary", "input"])
    try body.narrow(&filter)
    let isDry = try body.flag("dry_run")
    let isCanary = try body.flag("canary")
    let input = body["input"]
    // Nobody puts words into another user's mouth.
    if input != nil { filter.user = principal.user }
    let catalog = try await service.catalog()
    let check: @Sendable (Target) throws -> Void = { target in
      try JobSubmission(body: ["input": input ?? .null], principal: principal)
        .checkInput(of: target, catalog: catalog)
    }
    let redrive: @Sendable () async throws -> Redrive = { [service, filter] in
      do {
        return try await service.redrive(
          filter, input: input, fits: { (try? check($0)) != nil },  // why not is told below
          isDry: isDry, isCanary: isCanary, by: principal)
      } catch ServiceError.unfitInput(let target) {
        try check(target)
        throw ServiceError.unfitInput(target)
      }
    }
    guard isCanary else { return Self.response(try await redrive(), isDry: isDry) }
    // It waits for minutes, and must not go on alone.
    let interruption = Interruption(
      drain: parts.drain, departure: parts.departures.signal(of: context.channel))
    return Self.response(try await interruption.cancelling(redrive), isDry: isDry)
  }

  private static func response(_ redrive: Redrive, isDry: Bool) -> Response {
    .json([
      "matched": .integer(Int64(redrive.matched)), "dry_run": .bool(isDry),
      "redriven": .array(
        redrive.redriven.map {
          [
            "step": .string($0.step.description), "job": .string($0.job.description),
            "new_job": $0.newJob.map { .string($0.description) } ?? .null,
          ]
        }),
      "skipped": .array(
        redrive.skipped.map {
          ["step": .string($0.step.description), "reason": .string($0.reason)]
        }
      ),
      "stopped": redrive.stopped.map(JSONValue.string) ?? .null,
    ])
  }

  private func drop(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    var filter = try await filter(context, principal)
    let body = try DeadBody(try await request.json(limit: configuration.bodyLimit), known: [])
    try body.narrow(&filter)
    let isDry = try body.flag("dry_run")
    let (matched, dropped) = try await service.drop(filter, isDry: isDry, by: principal)
    return .json([
      "matched": .integer(Int64(matched)), "dry_run": .bool(isDry),
      "dropped": .integer(Int64(dropped)),
    ])
  }

  private func filter(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> DeadFilter {
    guard let pool = context.parameters.get("lane").flatMap({ Pool($0) }),
      try await service.lanes().lanes.contains(where: { $0.lane.pool == pool })
    else {
      throw Problem(.poolNotFound, "No pool has this name.")
    }
    return DeadFilter(pool: pool, user: principal.role.mayOperate ? nil : principal.user)
  }
}

extension DeadStep {
  /// The step as the API shows it.
  fileprivate var json: JSONValue {
    [
      "step": .string(id.description), "job": .string(job.description),
      "user": .string(user.description), "target": .string(target.description),
      "priority": .string(lane.priority.name), "class": .string(errorClass),
      "code": .string(errorCode), "message": error.map { .string($0.message) } ?? .null,
      "attempts": .integer(Int64(attempts)), "crashes": .integer(Int64(crashes)),
      "died_at": .time(diedAt), "fingerprint": .string(fingerprint),
    ]
  }
}

extension DeadGroup {
  /// The group as the API shows it.
  fileprivate var json: JSONValue {
    [
      "fingerprint": .string(fingerprint), "target": .string(target),
      "class": .string(errorClass), "code": .string(errorCode), "count": .integer(Int64(count)),
      "first_at": .time(firstAt), "last_at": .time(lastAt), "example": .string(example.description),
    ]
  }
}
