import HTTP
import Jobs

extension GatewayClient {
  /// How long one redrive may take, and one that waits for its first job's end.
  private static let redriveTime = Duration.seconds(60)
  private static let canaryTime = Duration.seconds(660)

  /// A page of a pool's dead steps: `items` and, unless it is the last page, `next_cursor`.
  func dead(in pool: String, _ query: [(name: String, value: String)]) async throws -> JSONValue {
    try await list("/queues/\(Self.segment(pool))/dead", query)
  }

  /// A dead step of a pool with all that is known of it, settled or not.
  func deadStep(_ step: StepID, in pool: String) async throws -> DeadStepDetailView {
    try DeadStepDetailView(await send(Call(path: "/queues/\(Self.segment(pool))/dead/\(step)")))
  }

  /// A pool's dead steps by how they failed: `items`.
  func deadGroups(in pool: String) async throws -> JSONValue {
    try await list("/queues/\(Self.segment(pool))/dead/groups")
  }

  /// Does the jobs of dead steps again. Not repeated, but for a dry run: each call makes jobs.
  ///
  /// - Parameter request: What selects the steps, `dry_run`, `canary`, `input`.
  func redrive(_ pool: String, _ request: [String: JSONValue]) async throws -> RedriveView {
    let call = Call(
      method: .post, path: "/queues/\(Self.segment(pool))/dead/redrive",
      body: .json(.object(request)),
      wait: request["canary"] == .bool(true) ? Self.canaryTime : Self.redriveTime,
      isRepeatable: request["dry_run"] == .bool(true))
    return try RedriveView(await send(call))
  }

  /// Drops dead steps: `matched`, `dry_run`, `dropped`. Not repeated, but for a dry run: with a
  /// limit, each call drops others.
  ///
  /// - Parameter request: What selects the steps, `dry_run`.
  func drop(
    _ pool: String, _ request: [String: JSONValue]
  ) async throws -> (document: JSONValue, matched: Int64, dropped: Int64) {
    let call = Call(
      method: .post, path: "/queues/\(Self.segment(pool))/dead/drop",
      body: .json(.object(request)), wait: Self.redriveTime,
      isRepeatable: request["dry_run"] == .bool(true))
    let document = try await send(call)
    guard let matched = document["matched"]?.int else { throw CommandError.unexpectedAnswer }
    return (document, matched, document["dropped"]?.int ?? 0)
  }
}
