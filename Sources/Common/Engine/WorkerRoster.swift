import FoundationEssentials
public import Jobs
public import Postgres
public import Storage

/// What a worker says of itself, and the renewal of what it holds.
public actor WorkerRoster {
  private let pool: PostgresPool
  private var presence: WorkerStore.Presence

  /// Writes nothing before ``announce(agents:skills:)``; `presence` is what the first sign of life
  /// says.
  public init(pool: PostgresPool, presence: WorkerStore.Presence) {
    self.pool = pool
    self.presence = presence
  }

  /// A lease that was renewed.
  public struct Renewal: Sendable, Hashable {
    /// The step under this worker's claim.
    public let held: HeldStep
    /// Whether the step's job was cancelled.
    public let isCancelled: Bool
  }

  /// Announces what the worker can do; from now on jobs for it are accepted.
  ///
  /// - Throws: `PostgresError`.
  public func announce(agents: [AgentDefinition], skills: [SkillDefinition]) async throws {
    try await WorkerStore(pool: pool).announce(agents: agents, skills: skills)
    _ = try await pool.execute(WorkerStore.seen(presence))
  }

  /// Renews the leases of running steps and the worker's sign of life in one round trip.
  ///
  /// - Returns: The steps that still are ours, the others are lost; and whether somebody wants this
  ///   worker to drain.
  /// - Throws: `PostgresError`.
  public func renew(
    _ steps: [HeldStep], isDraining: Bool
  ) async throws -> (renewals: [Renewal], mustDrain: Bool) {
    presence.busy = steps.count
    presence.isDraining = isDraining
    let rows = try await pool.pipeline([
      ClaimStatements.renew(steps.map { ($0.step, $0.claim) }), WorkerStore.seen(presence),
    ])
    let mustDrain = try rows[1].first?.decode("must_drain", as: Bool.self) ?? false
    let renewals = try rows[0].map { row in
      Renewal(
        held: HeldStep(
          step: StepID(try row.decode("id", as: UUID.self)),
          claim: ClaimID(try row.decode("claim_id", as: UUID.self))),
        isCancelled: try row.decode("is_cancelled", as: Bool.self))
    }
    return (renewals, mustDrain)
  }

  /// Takes the worker off the roster.
  ///
  /// - Throws: `PostgresError`.
  public func leave() async throws { try await WorkerStore(pool: pool).remove(presence.id) }
}
