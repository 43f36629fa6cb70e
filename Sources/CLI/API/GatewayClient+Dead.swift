import HTTP
import Jobs

extension GatewayClient {
  /// How long one redrive may take.
  private static let redriveTime = Duration.seconds(60)

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
  /// - Parameter request: What selects the steps, `dry_run`, `input`.
  func redrive(_ pool: String, _ request: [String: JSONValue]) async throws -> RedriveView {
    let call = Call(
      method: .post, path: "/queues/\(Self.segment(pool))/dead/redrive",
      body: .json(.object(request)),
      wait: Self.redriveTime,
      isRepeatable: request["dry_run"] == .bool(true))
    return try RedriveView(await send(call))
  }

  /// How jobs stand that redrives have made, when all of them are over or after some seconds.
  ///
  /// - Parameters:
  ///   - jobs: 1 to 100.
  ///   - wait: 0 to 60.
  /// - Returns: The state of each that is known, by its id.
  func redriven(_ jobs: [String], wait: Int) async throws -> [String: String] {
    let query = [(name: "jobs", value: jobs.joined(separator: ",")), ("wait", "\(wait)")]
    let answer = try await send(
      Call(path: "/redrives", query: query, wait: .seconds(wait), knowsGateway: true))
    guard let items = answer["items"]?.elements else { throw CommandError.unexpectedAnswer }
    let states = items.compactMap { item in
      item["job"]?.text.flatMap { job in item["state"]?.text.map { (job, $0) } }
    }
    return Dictionary(states) { first, _ in first }
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
