import Jobs

/// What the gateway said of its queues and pools at one moment.
struct QueueSample: Sendable {
  let lanes: [LaneView]
  let pools: [PoolView]
  /// RFC 3339; empty when it is not known.
  let time: String
  /// `{"items":[lane…],"pools":[pool…],"sampled_at"}`.
  let document: JSONValue

  /// Asks for both.
  ///
  /// - Parameter pool: Only this one.
  init(
    _ client: GatewayClient, pool: String?, knowsGateway: Bool = false
  ) async throws {
    let answer = try await client.lanes(pool: pool, knowsGateway: knowsGateway)
    let all = try await client.pools(knowsGateway: true)["items"]?.elements ?? []
    lanes = try (answer["items"]?.elements ?? []).map { try LaneView($0) }
    pools = try all.map { try PoolView($0) }.filter { pool == nil || $0.name == pool }
    time = answer["sampled_at"]?.text ?? ""
    guard case .object(var members) = answer else { throw CommandError.unexpectedAnswer }
    members["pools"] = .array(pools.map(\.document))
    document = .object(members)
  }
}
