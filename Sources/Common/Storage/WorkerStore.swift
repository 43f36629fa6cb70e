import FoundationEssentials
public import Jobs
public import Postgres

/// The workers that are alive, and what they can do.
public struct WorkerStore: Sendable {
  private let pool: PostgresPool

  /// Opens nothing; each call is at most one round trip over a connection of `pool`.
  public init(pool: PostgresPool) { self.pool = pool }

  /// What a worker tells of itself.
  public struct Presence: Sendable {
    /// New for each start of a worker process.
    public let id: WorkerID
    /// Whose lanes it reads.
    public let pools: [Pool]
    /// The most steps that it runs at once, from 1.
    public let concurrency: Int
    /// The machine's name, for people.
    public let host: String
    /// Its process id on that host.
    public let pid: Int32
    /// The build that it runs.
    public let version: String
    /// How many steps run in it now.
    public var busy: Int
    /// Whether it claims no more; its pools then count as unserved by it.
    public var isDraining: Bool

    /// `concurrency` and `busy` must fit an Int32, the width of their columns.
    public init(
      id: WorkerID, pools: [Pool], concurrency: Int, host: String, pid: Int32, version: String,
      busy: Int = 0, isDraining: Bool = false
    ) {
      self.id = id
      self.pools = pools
      self.concurrency = concurrency
      self.host = host
      self.pid = pid
      self.version = version
      self.busy = busy
      self.isDraining = isDraining
    }
  }

  /// Says that a worker is alive. Send it every few seconds. Column: `must_drain`.
  public static func seen(_ worker: Presence) -> SQL {
    """
    INSERT INTO workers (id, pools, concurrency, host, pid, version, busy, is_draining)
    VALUES (\(worker.id.uuid), \(worker.pools.map(\.name)), \(Int32(worker.concurrency)),
      \(worker.host), \(worker.pid), \(worker.version), \(Int32(worker.busy)),
      \(worker.isDraining))
    ON CONFLICT (id) DO UPDATE SET busy = EXCLUDED.busy, is_draining = EXCLUDED.is_draining,
      seen_at = now()
    RETURNING drain_at IS NOT NULL AS must_drain
    """
  }

  /// Removes a worker that ends in order.
  public func remove(_ worker: WorkerID) async throws {
    _ = try await pool.execute("DELETE FROM workers WHERE id = \(worker.uuid)")
  }

  /// Announces agents and skills: from now on the gateways accept jobs for them.
  public func announce(agents: [AgentDefinition], skills: [SkillDefinition]) async throws {
    let rows =
      agents.map { (Target.agent($0.name), $0.json) }
      + skills.map { (Target.skill($0.name), $0.json) }
    guard !rows.isEmpty else { return }
    _ = try await pool.execute(
      """
      INSERT INTO capabilities (target, pool, definition)
      SELECT target, pool, definition::jsonb
      FROM unnest(\(rows.map(\.0.description)), \(rows.map(\.0.pool.name)),
        \(rows.map { String(decoding: $0.1.json, as: UTF8.self) }))
        AS t(target, pool, definition)
      ORDER BY target
      ON CONFLICT (target) DO UPDATE SET pool = EXCLUDED.pool,
        definition = EXCLUDED.definition, announced_at = now()
      """)
  }

  /// The pools that some worker has served within the last seconds.
  public func servedPools() async throws -> Set<Pool> {
    let rows = try await pool.query(
      """
      SELECT DISTINCT unnest(pools) AS pool FROM workers
      WHERE seen_at > now() - interval '15 s' AND NOT is_draining
      """)
    return Set(try rows.compactMap { Pool(try $0.decode("pool", as: String.self)) })
  }

  /// Everything that workers have announced. Definitions of a form this build does not know
  /// are left out.
  public func catalog() async throws -> CapabilityCatalog {
    let rows = try await pool.query(
      "SELECT target, definition::text AS definition FROM capabilities ORDER BY target")
    var agents: [AgentDefinition] = []
    var skills: [SkillDefinition] = []
    for row in rows {
      let json = try JSONValue(json: try row.decode("definition", as: String.self).utf8)
      switch try row.target("target") {
      case .agent: if let agent = AgentDefinition(json: json) { agents.append(agent) }
      case .skill: if let skill = SkillDefinition(json: json) { skills.append(skill) }
      }
    }
    return CapabilityCatalog(agents: agents, skills: skills)
  }
}

extension AgentDefinition {
  var json: JSONValue {
    .object([
      "name": .string(name), "description": .string(description),
      "instructions": .string(instructions), "model": .string(model),
      "skills": .array(skills.map { .string($0.description) }),
      "delegates": .array(delegates.map(JSONValue.string)),
      "maximum_turns": .integer(Int64(maximumTurns)),
    ])
  }

  init?(json: JSONValue) {
    guard let name = json["name"]?.text, let description = json["description"]?.text,
      let instructions = json["instructions"]?.text, let model = json["model"]?.text,
      let skills = json["skills"]?.elements, let turns = json["maximum_turns"]?.int
    else { return nil }
    self.init(
      name: name, description: description, instructions: instructions,
      skills: skills.compactMap(\.text).map(TargetPattern.init),
      delegates: (json["delegates"]?.elements ?? []).compactMap(\.text), model: model,
      maximumTurns: Int(clamping: turns))
  }
}

extension SkillDefinition {
  var json: JSONValue {
    .object([
      "name": .string(name), "description": .string(description), "input": input,
      "output": output, "safety": .string(safety.rawValue),
      "attempts": attempts.map { .integer(Int64($0)) } ?? .null,
    ])
  }

  init?(json: JSONValue) {
    guard let name = json["name"]?.text, let description = json["description"]?.text,
      let input = json["input"], let output = json["output"],
      let safety = json["safety"]?.text.flatMap(Safety.init(rawValue:))
    else { return nil }
    self.init(
      name: name, description: description, input: input, output: output, safety: safety,
      attempts: json["attempts"]?.int.map { Int(clamping: $0) })
  }
}
