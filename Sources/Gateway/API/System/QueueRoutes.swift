import Hummingbird
import Jobs

/// `/api/v1/queues`: how the lanes stand.
struct QueueRoutes: RouteGroup {
  /// What a lane's AMQP queue has before the lane's name.
  private static let queuePrefix = "openclaw."

  let service: any JobService

  var routes: [Route] {
    [
      Route(
        .get, "/api/v1/queues", Self.listing,
        .user { _, context, principal in try await list(context, principal) }),
      Route(
        .get, "/api/v1/queues/{lane}", Self.showing,
        .user { _, context, _ in try await show(context) }),
    ]
  }

  private func list(
    _ context: GatewayContext, _ principal: Principal
  ) async throws -> Response {
    let pool = try context.query.pool()
    let report = try await service.lanes()
    let lanes = report.lanes.filter { pool == nil || $0.lane.pool == pool }
    return .json([
      "items": .array(lanes.map(\.json)), "sampled_at": .time(report.sampledAt),
      "reconciler": report.reconcilerJSON(showsJobs: principal.role.mayOperate),
    ])
  }

  private func show(_ context: GatewayContext) async throws -> Response {
    let text = context.parameters.get("lane") ?? ""
    let isQueue = text.utf8.starts(with: Self.queuePrefix.utf8)
    let name = isQueue ? text.dropFirst(Self.queuePrefix.count) : text[...]
    let lanes = try await service.lanes().lanes
    if let lane = lanes.first(where: { $0.lane.description.utf8.elementsEqual(name.utf8) }) {
      return .json(lane.json)
    }
    let pool = isQueue ? [] : lanes.filter { $0.lane.pool.name.utf8.elementsEqual(name.utf8) }
    guard !pool.isEmpty else {
      throw Problem(
        .queueNotFound,
        "No pool and no lane has this name; they are such as agent.main and agent.main.urgent.")
    }
    return .json(pool.queueJSON)
  }
}

extension Query {
  /// The pool of a filter.
  ///
  /// - Returns: `nil` when the parameter is missing.
  func pool() throws(Problem) -> Pool? {
    guard let text = self["pool"] else { return nil }
    guard let pool = Pool(text) else {
      throw Problem(
        .invalidQueryParameter, "A query parameter has a bad value.",
        faults: [.init(parameter: "pool", "The name of a pool, such as agent.main.")])
    }
    return pool
  }
}
