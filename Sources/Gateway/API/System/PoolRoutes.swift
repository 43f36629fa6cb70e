import Hummingbird
import Jobs

/// `/api/v1/pools`: how many workers there are, and how many there shall be.
struct PoolRoutes: RouteGroup {
  /// Members of the interface that this version does not support yet.
  private static let unbuiltMembers = ["max", "min"]

  let service: any JobService
  let configuration: GatewayConfiguration

  var routes: [Route] {
    [
      Route(.get, "/api/v1/pools", Self.listing, .user { _, _, _ in try await list() }),
      Route(
        .get, "/api/v1/pools/{pool}", Self.showing,
        .user { _, context, _ in try await show(context) }),
      Route(.put, "/api/v1/pools/{pool}", Self.scaling, .user { try await scale($0, $1, $2) }),
    ]
  }

  private func list() async throws -> Response {
    .json(["items": .array(try await service.pools().map(\.json))])
  }

  private func show(_ context: GatewayContext) async throws -> Response {
    let name = try pool(context)
    guard let pool = try await service.pools().first(where: { $0.pool == name }) else {
      throw noSuchPool
    }
    return .json(pool.json)
  }

  private func scale(
    _ request: Request, _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    try principal.checkOperator()
    let name = try pool(context)
    let change = try change(await request.json(limit: configuration.bodyLimit))
    var pool: PoolRecord?
    if let workers = change.workers { pool = try await scale(name, to: workers, principal) }
    if let wait = change.targetWait {
      pool = try await service.setTargetWait(wait.duration, of: name, by: principal)
    }
    guard let pool else { throw noSuchPool }
    return .json(pool.json)
  }

  private func scale(
    _ name: Pool, to workers: Int, _ principal: Principal
  ) async throws -> PoolRecord? {
    do {
      return try await service.scale(name, to: workers, by: principal)
    } catch ServiceError.poolNotManaged {
      throw Problem(
        .poolNotManaged,
        "Nothing starts and stops workers of this pool; start them by hand: "
          + "openclaw-worker --pool \(name), or under openclaw up.")
    }
  }

  /// How long steps should wait at most; without a duration, as long as it takes.
  private struct TargetWait {
    let duration: Duration?
  }

  /// What is wished of a pool.
  private struct Change {
    var workers: Int?
    /// `nil` when nothing is said about it.
    var targetWait: TargetWait?
  }

  private func change(_ body: JSONValue) throws(Problem) -> Change {
    let members = try Problem.members(of: body)
    let names = members.keys.sorted()
    let unbuilt = names.filter { name in
      Self.unbuiltMembers.contains { $0.utf8.elementsEqual(name.utf8) }
    }
    guard unbuilt.isEmpty else {
      throw Problem(
        .fieldNotSupportedYet,
        "This version does not support: \(unbuilt.joined(separator: ", ")).",
        faults: unbuilt.map { .init(pointer: "/\($0)", "Not supported yet.") })
    }
    try Problem.refuseUnknown(names, known: ["workers", "target_wait"])
    guard !names.isEmpty else {
      throw Problem(
        .invalidBody, "The body lacks workers or target_wait.",
        faults: [.init(pointer: "/workers", "Required, or target_wait.")])
    }
    var change = Change()
    if let value = members["workers"] { change.workers = try workers(value) }
    if let value = members["target_wait"] {
      change.targetWait = TargetWait(duration: try targetWait(value))
    }
    return change
  }

  private func workers(_ value: JSONValue) throws(Problem) -> Int {
    let range = 0...Int64(PoolRecord.maximumDesired)
    guard let number = value.int, range.contains(number) else {
      throw Problem(
        .invalidBody, "The number of workers is out of range.",
        faults: [.init(pointer: "/workers", "A whole number from 0 to \(range.upperBound).")])
    }
    return Int(number)
  }

  private func targetWait(_ value: JSONValue) throws(Problem) -> Duration? {
    if value == .null { return nil }
    guard let wait = value.text.flatMap(DurationText.parse),
      (.seconds(1)...Duration.seconds(86_400)).contains(wait)
    else {
      throw Problem(
        .invalidBody, "The target wait has a bad form or is out of range.",
        faults: [
          .init(
            pointer: "/target_wait",
            DurationText.form(insteadOf: value) + " From 1 s to 1 d, or null.")
        ])
    }
    return wait
  }

  private func pool(_ context: GatewayContext) throws(Problem) -> Pool {
    guard let pool = context.parameters.get("pool").flatMap({ Pool($0) }) else { throw noSuchPool }
    return pool
  }

  private var noSuchPool: Problem { Problem(.poolNotFound, "No pool has this name.") }
}
