import HTTPTypes
import Hummingbird
import Jobs

/// `/api/v1/limits` and `/api/v1/pauses`, and pausing of queues: what keeps steps from starting.
struct GateRoutes: RouteGroup {
  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(.get, "/api/v1/limits", Self.limits, .user { try await listLimits($2) }),
      Route(.get, "/api/v1/limits/{key}", Self.showingLimit, .user { try await showLimit($1, $2) }),
      Route(.put, "/api/v1/limits/{key}", Self.limiting, .user { try await limit($0, $1, $2) }),
      Route(
        .delete, "/api/v1/limits/{key}", Self.lifting, .user { try await lift($0, $1, $2) }),
      Route(.get, "/api/v1/pauses", Self.pauses, .user { try await listPauses($2) }),
      Route(.get, "/api/v1/pauses/{key}", Self.showingPause, .user { try await showPause($1, $2) }),
      Route(
        .put, "/api/v1/pauses/{key}", Self.pausing, .user { try await pause(try key($1), $0, $2) }),
      Route(
        .delete, "/api/v1/pauses/{key}", Self.resuming,
        .user { try await resume(try key($1), $0, $2) }),
      Route(
        .post, "/api/v1/queues/{lane}/pause", Self.pausingQueue,
        .user { try await pause(try await queue($1), $0, $2) }),
      Route(
        .post, "/api/v1/queues/{lane}/resume", Self.resumingQueue,
        .user { try await resume(try await queue($1), $0, $2) }),
    ]
  }

  // MARK: Limits

  private func listLimits(_ principal: Principal) async throws -> Response {
    .json(["items": .array(try await limits(seenBy: principal).map(\.json))])
  }

  private func showLimit(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let key = try key(context)
    guard let limit = try await limits(seenBy: principal).first(where: { $0.key == key }) else {
      throw Problem(.gateNotFound, "Nothing limits \(key).")
    }
    return .json(limit.json)
  }

  private func limits(seenBy principal: Principal) async throws -> [LimitRecord] {
    try await service.limits().filter { principal.maySee($0.key) }
      .map { limit in
        // How much all users run is not everybody's business.
        limit.key.countsEach && !principal.role.mayOperate
          ? LimitRecord(key: limit.key, maximum: limit.maximum, running: 0, held: 0) : limit
      }
  }

  private func limit(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    let key = try key(context)
    guard key.canBeLimited else {
      throw Problem(
        .invalidGateKey,
        "Workers limit pools, lanes and priorities; limit users, agents, skills, "
          + "providers or webhooks.")
    }
    let body = try Problem.members(
      of: try await request.json(limit: configuration.bodyLimit), known: ["maximum", "force"])
    guard let maximum = body["maximum"]?.int, (0...100_000).contains(maximum) else {
      throw Problem(
        .invalidBody, "The maximum is missing or out of range.",
        faults: [.init(pointer: "/maximum", "A whole number from 0 to 100000.")])
    }
    try await checkSubject(of: key, isForced: try isForced(body))
    guard let limit = try await service.limit(key, to: Int(maximum), by: principal) else {
      throw Problem(.gateNotFound, "The limit was lifted meanwhile.")
    }
    return .json(limit.json)
  }

  private func lift(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    let key = try key(context)
    try await request.emptyBody()
    guard let limit = try await service.limit(key, to: nil, by: principal) else {
      throw Problem(.gateNotFound, "Nothing limits \(key).")
    }
    return .json(limit.json)
  }

  // MARK: Pauses

  private func listPauses(_ principal: Principal) async throws -> Response {
    let pauses = try await service.pauses().filter { principal.maySee($0.key) }
    return .json(["items": .array(pauses.map(\.json))])
  }

  private func showPause(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let key = try key(context)
    let pause = try await service.pauses().first { $0.key == key && principal.maySee(key) }
    guard let pause else { throw Problem(.gateNotFound, "\(key) is not paused.") }
    return .json(pause.json)
  }

  private func pause(
    _ key: GateKey, _ request: Request, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    guard key.canBePaused else {
      throw Problem(.invalidGateKey, "'\(key)' can be limited, not paused.")
    }
    let body = try Problem.members(
      of: try await request.optionalJSON(limit: configuration.bodyLimit),
      known: ["reason", "for", "force"])
    let reason = try reason(body["reason"])
    let length = try length(body["for"])
    try await checkSubject(of: key, isForced: try isForced(body))
    return .json(
      try await service.pause(key, reason: reason, for: length, by: principal).json)
  }

  /// What is said of a pause: `nil` when nothing is, empty for `null`.
  private func reason(_ value: JSONValue?) throws(Problem) -> String? {
    guard let value else { return nil }
    if value == .null { return "" }
    guard let reason = value.text, reason.unicodeScalars.count <= 500 else {
      throw Problem(
        .invalidBody, "The pause's reason has a bad form.",
        faults: [
          .init(pointer: "/reason", "Up to 500 characters, which whoever waits reads; or null.")
        ])
    }
    return reason
  }

  private func length(_ value: JSONValue?) throws(Problem) -> PauseLength {
    guard let value else { return .asBefore }
    if value == .null { return .endless }
    guard let duration = value.text.flatMap(DurationText.parse), duration >= .seconds(1),
      duration <= .seconds(366 * 86_400)
    else {
      throw Problem(
        .invalidBody, "The pause's length has a bad form.",
        faults: [
          .init(
            pointer: "/for",
            DurationText.form(insteadOf: value) + " From 1 s to 366 d; null for no end.")
        ])
    }
    return .lasting(duration)
  }

  private func resume(
    _ key: GateKey, _ request: Request, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    try await request.emptyBody()
    guard try await service.resume(key, by: principal) else {
      throw Problem(.gateNotFound, "\(key) is not paused.")
    }
    return .json(["key": .string(key.description), "resumed": true])
  }

  // MARK: -

  private func key(_ context: GatewayContext) throws(Problem) -> GateKey {
    // Clients encode the colon, and need not.
    guard let text = context.word("key"), text.utf8.count <= 64, let key = GateKey(text)
    else {
      throw Problem(
        .invalidGateKey,
        "A key is such as pool:agent.main, lane:agent.main.low, priority:low, user:<id>, user:*, "
          + "agent:main, skill:files.read, provider:openai, webhook:<id> or webhook:*.")
    }
    return key
  }

  /// The path's pool or lane, which must be there.
  private func queue(_ context: GatewayContext) async throws -> GateKey {
    let name = context.parameters.get("lane") ?? ""
    let lanes = try await service.lanes().lanes.map(\.lane)
    if let lane = lanes.first(where: { $0.description.utf8.elementsEqual(name.utf8) }) {
      return .lane(lane)
    }
    guard let pool = lanes.first(where: { $0.pool.name.utf8.elementsEqual(name.utf8) })?.pool else {
      throw Problem(
        .queueNotFound,
        "No pool and no lane has this name; they are such as agent.main and "
          + "agent.main.low.")
    }
    return .pool(pool)
  }
}

extension Principal {
  /// What is done to another user is between them and the operators.
  fileprivate func maySee(_ key: GateKey) -> Bool {
    switch key {
    case .user(let other): role.mayOperate || other == user
    case .webhook: role.mayOperate
    default: true
    }
  }
}

extension LimitRecord {
  /// The limit as the API shows it.
  var json: JSONValue {
    [
      "key": .string(key.description), "maximum": .integer(Int64(maximum)),
      "running": .integer(Int64(running)), "held": .integer(Int64(held)),
    ]
  }
}

extension PauseRecord {
  /// The pause as the API shows it.
  var json: JSONValue {
    [
      "key": .string(key.description), "reason": .string(reason), "owner": .string(owner),
      "since": .time(since), "until": .time(until), "held": .integer(Int64(held)),
    ]
  }
}
