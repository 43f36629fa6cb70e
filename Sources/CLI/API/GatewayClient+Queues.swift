import HTTP
import Jobs

extension GatewayClient {
  /// All lanes, or a pool's: `items` and `sampled_at`.
  func lanes(pool: String? = nil, knowsGateway: Bool = false) async throws -> JSONValue {
    let query = pool.map { [(name: "pool", value: $0)] } ?? []
    return try await list("/queues", query, knowsGateway: knowsGateway)
  }

  /// A lane by its name or by the name of its AMQP queue, or a pool's lanes and their sum.
  func queue(_ name: String) async throws -> JSONValue {
    try await send(Call(path: "/queues/\(Self.percentEncoded(name))"))
  }

  /// The workers of the last day: `items`.
  func workers(_ query: [(name: String, value: String)] = []) async throws -> JSONValue {
    try await list("/workers", query)
  }

  /// Tells a worker to finish what it runs and to end.
  func drain(_ worker: WorkerID) async throws -> WorkerView {
    let call = Call(
      method: .post, path: "/workers/\(worker)/drain", body: .json([:]), isRepeatable: true)
    return try WorkerView(await send(call))
  }

  /// All pools: `items`.
  func pools(knowsGateway: Bool = false) async throws -> JSONValue {
    try await list("/pools", knowsGateway: knowsGateway)
  }

  /// A pool.
  func pool(_ name: String) async throws -> PoolView {
    try PoolView(await send(Call(path: Self.path(of: name), knowsGateway: true)))
  }

  /// Says how many workers a pool shall have.
  func scale(_ pool: String, to workers: Int) async throws -> PoolView {
    try await change(pool, ["workers": .integer(Int64(workers))])
  }

  /// Says how long the steps of a pool should wait at most; without a time, as long as it takes.
  func age(_ pool: String, after wait: String?) async throws -> PoolView {
    try await change(pool, ["target_wait": wait.map { .string($0) } ?? .null])
  }

  private func change(_ pool: String, _ members: JSONValue) async throws -> PoolView {
    let call = Call(
      method: .put, path: Self.path(of: pool), body: .json(members), isRepeatable: true)
    return try PoolView(await send(call))
  }

  private static func path(of pool: String) -> String { "/pools/\(percentEncoded(pool))" }

  /// A document with `items`.
  func list(
    _ path: String, _ query: [(name: String, value: String)] = [], knowsGateway: Bool = false
  ) async throws -> JSONValue {
    let answer = try await send(Call(path: path, query: query, knowsGateway: knowsGateway))
    guard answer["items"]?.elements != nil else { throw CommandError.unexpectedAnswer }
    return answer
  }
}
