import Jobs

extension GateRoutes {
  /// Refuses a key that names nothing there is, as a limit or a pause of that would do nothing.
  ///
  /// - Parameter isForced: Whether to take what only does not exist yet: agents, skills, users and
  ///   providers, which a later worker may bring. Pools and lanes are those of the topology.
  func checkSubject(of key: GateKey, isForced: Bool) async throws {
    let isThere: (Lane) -> Bool
    switch key {
    case .pool(let pool): isThere = { $0.pool == pool }
    case .lane(let lane): isThere = { $0 == lane }
    // The id of an endpoint is copied, not typed, and is its owner's to know.
    case .priority, .eachUser, .webhook, .eachWebhook: return
    case .user, .agent, .skill, .provider:
      guard !isForced, let problem = try await unknownSubject(of: key) else { return }
      throw problem
    }
    guard try await service.lanes().lanes.map(\.lane).contains(where: isThere) else {
      throw Problem(.queueNotFound, "The topology has no \(key).")
    }
  }

  /// The member `force` of a body; `false` without it.
  func isForced(_ body: [String: JSONValue]) throws(Problem) -> Bool {
    switch body["force"] {
    case nil, .bool(false): return false
    case .bool(true): return true
    default:
      throw Problem(
        .invalidBody, "A member has a bad value.",
        faults: [.init(pointer: "/force", "true or false.")])
    }
  }

  private func unknownSubject(of key: GateKey) async throws -> Problem? {
    switch key {
    case .agent(let name):
      return Self.unknown(key, name, among: try await service.catalog().agents.keys)
    case .skill(let name):
      return Self.unknown(key, name, among: try await service.catalog().skills.keys)
    case .provider(let name):
      return Self.unknown(key, name, among: ModelProviderName.allCases.map(\.rawValue))
    case .user(let user):
      guard try await !service.hasUser(user) else { return nil }
      return Problem(.unknownGateKey, "No user has the id \(user). " + Self.advice)
    case .pool, .lane, .priority, .eachUser, .webhook, .eachWebhook: return nil
    }
  }

  private static let advice =
    "For what does not exist yet, send \"force\": true; the command line takes --force."

  private static func unknown(
    _ key: GateKey, _ name: String, among known: some Collection<String>
  ) -> Problem? {
    guard !known.contains(name) else { return nil }
    let nearest = NearestNames.of(name, among: known).map { "\(key.kind.rawValue):\($0)" }
    let hint = nearest.isEmpty ? "" : "Is it \(nearest.joined(separator: " or "))? "
    return Problem(
      .unknownGateKey, "\(key) is not known: it would do nothing. " + hint + advice)
  }
}
