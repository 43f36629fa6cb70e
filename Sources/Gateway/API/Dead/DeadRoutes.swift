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
        .get, "/api/v1/queues/{lane}/dead/{step}", Self.showing, .user { try await show($1, $2) }),
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
    let paging = try Paging<StepKindTag>(
      query, limit: limit, of: principal.user, filters: Self.canonical(filter),
      sign: configuration.sign)
    filter.limit = paging.asked
    filter.before = paging.before
    return paging.response(
      try await service.deadSteps(filter), id: \.id, json: \.json, link: Self.link(filter))
  }

  private func show(_ context: GatewayContext, _ principal: Principal) async throws -> Response {
    guard let step = context.parameters.get("step").flatMap({ StepID($0) }) else {
      throw Problem(
        .malformedID, "A step id is a UUID such as 0199c0de-0000-7000-8000-000000000000.")
    }
    let pool = try await filter(context, principal).pool
    guard let detail = try await service.deadStep(step, in: pool, for: principal) else {
      throw Problem(.deadStepNotFound, "The pool has no dead step with this id.")
    }
    return .json(detail.json)
  }

  /// The address of a page, up to where `limit` follows.
  private static func link(_ filter: DeadFilter) -> String {
    let filters = [
      ("target", filter.target?.description), ("code", filter.code),
      ("fingerprint", filter.fingerprint),
    ]
    let query = filters.compactMap { name, value in value.map { "\(name)=\(escaped($0))&" } }
    return "/api/v1/queues/\(filter.pool.name)/dead?" + query.joined()
  }

  /// Printable ASCII as a value in a query (RFC 3986, section 3.4): all but unreserved characters in
  /// percent form.
  private static func escaped(_ text: String) -> String {
    text.utf8.reduce(into: "") { escaped, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
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
    let selected = try await selection(request, context, principal, ["canary", "input"])
    let (body, isDry) = (selected.body, selected.isDry)
    var filter = selected.filter
    let isCanary = try body.flag("canary")
    let input = body["input"]
    // Nobody puts words into another user's mouth.
    if input != nil { filter.user = principal.user }
    let catalog = try await service.catalog()
    let check: @Sendable (Target) throws -> Void = { target in
      _ = try JobSubmission(body: ["input": input ?? .null], principal: principal)
        .input(of: target, catalog: catalog)
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
    let selected = try await selection(request, context, principal, [])
    let isDry = selected.isDry
    let (matched, dropped) = try await service.drop(selected.filter, isDry: isDry, by: principal)
    return .json([
      "matched": .integer(Int64(matched)), "dry_run": .bool(isDry),
      "dropped": .integer(Int64(dropped)),
    ])
  }

  /// Which steps a command is about, and its body.
  ///
  /// - Parameter known: What the body may have besides what selects steps.
  private func selection(
    _ request: Request, _ context: GatewayContext, _ principal: Principal, _ known: [String]
  ) async throws -> (filter: DeadFilter, body: DeadBody, isDry: Bool) {
    var filter = try await filter(context, principal)
    let body = try DeadBody(
      try await request.json(limit: configuration.bodyLimit), known: known)
    try body.narrow(&filter)
    return (filter, body, try body.flag("dry_run"))
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
