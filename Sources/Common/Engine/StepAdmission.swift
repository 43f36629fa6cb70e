import FoundationEssentials
public import Jobs
import Observability
public import Postgres
import Storage
import Synchronization

/// What is limited and paused, as a worker has last read it.
public final class GateBoard: Sendable {
  private let store: GateStore
  private let current = Mutex<Gates?>(nil)

  /// Knows nothing before the first ``refresh()``.
  public init(pool: PostgresPool) { store = GateStore(pool: pool) }

  /// Whether they were read at least once. Until then nothing may be claimed.
  public var isKnown: Bool { current.withLock { $0 != nil } }

  /// As last read; all are open before that.
  public var gates: Gates { current.withLock { $0 } ?? Gates() }

  /// Reads them anew; call it about twice a second.
  ///
  /// - Throws: `PostgresError`; what was read before stays in force.
  public func refresh() async throws {
    let gates = try await store.gates()
    current.withLock { $0 = gates }
  }
}

/// Decides which claimed steps may begin: those that no pause holds and that get a slot of each of
/// their limits. The others become `held`.
struct StepAdmission: Sendable {
  let pool: PostgresPool
  let board: GateBoard
  /// Who answers an agent's turns.
  let provider: @Sendable (Target) -> String?

  /// - Returns: The steps that leave the claim, in order, each with the limits whose slots it has;
  ///   among them those that must stop or return.
  func admit(_ steps: [ClaimedStep]) async throws -> [ClaimedStep] {
    let gates = board.gates
    guard !gates.areOpen, !steps.isEmpty else { return steps }
    var holds: [StepID: HoldReason] = [:]
    var wants: [(step: StepID, claim: ClaimID, limits: [(key: GateKey, maximum: Int)])] = []
    for step in steps where !step.isCancelled {
      let provider = provider(step.target)
      let pause = gates.pause(
        of: step.target, user: step.user, provider: provider, webhook: step.webhook)
      if let key = pause {
        holds[step.id] = .pause(key.description)
        continue
      }
      let limits = gates.limits(
        of: step.target, user: step.user, provider: provider, webhook: step.webhook)
      if !limits.isEmpty { wants.append((step.id, step.claim, limits)) }
    }
    if !wants.isEmpty {
      // A transaction, which is tried again when two of them wait for each other's slots.
      let taken = try await pool.transaction { [wants] transaction in
        try await transaction.commit(after: [GateStatements.take(wants)])[0]
      }
      for row in taken {
        guard let missing = try row.decode("missing", as: String?.self) else { continue }
        holds[StepID(try row.decode("step_id", as: UUID.self))] = .limit(missing)
      }
    }
    let (held, locked) = try await hold(steps.filter { holds[$0.id] != nil }, holds)
    let limits = Dictionary(wants.map { ($0.step, $0.limits.map(\.key)) }) { first, _ in first }
    return steps.filter { !held.contains($0.id) }.map { step in
      var step = step
      step.limits = holds[step.id] == nil ? limits[step.id] ?? [] : []
      // What is not held although it should be is part of a job that shall stop, unless somebody
      // kept its row.
      if locked.contains(step.job) {
        step.mustReturn = holds[step.id] != nil
      } else if holds[step.id] != nil {
        step.isCancelled = true
      }
      return step
    }
  }

  /// What is held now, and the jobs that somebody else has locked for longer than a second: the other
  /// steps of the claim shall not wait for these.
  private typealias Hold = (held: Set<StepID>, locked: Set<JobID>)

  private func hold(
    _ steps: [ClaimedStep], _ reasons: [StepID: HoldReason]
  ) async throws -> Hold {
    if steps.isEmpty { return ([], []) }
    do {
      return try await hold(steps, reasons, skipsLocked: false)
    } catch let error as PostgresError where error.code == .lockTimeout {
      return try await hold(steps, reasons, skipsLocked: true)
    }
  }

  private func hold(
    _ steps: [ClaimedStep], _ reasons: [StepID: HoldReason], skipsLocked: Bool
  ) async throws -> Hold {
    let jobs = Set(steps.map(\.job))
    return try await pool.transaction { transaction in
      let locked = try await transaction.pipeline([
        FinishStatements.impatient, FinishStatements.lock(jobs, skipsLocked: skipsLocked),
      ])[1]
      let ours = Set(try locked.map { JobID(try $0.decode("id", as: UUID.self)) })
      let rows = try await transaction.commit(after: [
        GateStatements.hold(
          steps.filter { ours.contains($0.job) }
            .compactMap { step in reasons[step.id].map { (step.id, step.claim, $0) } })
      ])
      return (
        Set(try rows[0].map { StepID(try $0.decode("id", as: UUID.self)) }),
        jobs.subtracting(ours)
      )
    }
  }
}
