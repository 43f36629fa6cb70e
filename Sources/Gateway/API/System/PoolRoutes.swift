import Hummingbird
import Jobs

/// `/api/v1/pools`: how many workers there are, and how many there shall be.
struct PoolRoutes: RouteGroup {
  /// Members of the interface that this version does not support yet.
  private static let unbuiltMembers = ["max", "min", "target_wait"]

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
    let workers = try workers(await request.json(limit: configuration.bodyLimit))
    do {
      guard let pool = try await service.scale(name, to: workers, by: principal) else {
        throw noSuchPool
      }
      return .json(pool.json)
    } catch ServiceError.poolNotManaged {
      throw Problem(
        .poolNotManaged,
        "Nothing starts and stops workers of this pool; start them by hand: "
          + "openclaw-worker --pool \(name), or under openclaw up.")
    }
  }

  /// The number that the body asks for.
  private func workers(_ body: JSONValue) throws(Problem) -> Int {
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
    try Problem.refuseUnknown(names, known: ["workers"])
    let range = 0...Int64(PoolRecord.maximumDesired)
    guard let number = members["workers"]?.int, range.contains(number) else {
      throw Problem(
        .invalidBody, "The number of workers is missing or out of range.",
        faults: [.init(pointer: "/workers", "A whole number from 0 to \(range.upperBound).")])
    }
    return Int(number)
  }

  private func pool(_ context: GatewayContext) throws(Problem) -> Pool {
    guard let pool = context.parameters.get("pool").flatMap({ Pool($0) }) else { throw noSuchPool }
    return pool
  }

  private var noSuchPool: Problem { Problem(.poolNotFound, "No pool has this name.") }
}
