import FoundationEssentials
public import Jobs
public import Logging
import Observability
public import Postgres
public import Security
import Storage

/// Announces the effects of unsafe skills before they are called, so that none happens twice.
///
/// A committed row `started` is the right to call the skill once. The step's end settles it in the
/// transaction of the finish; where no end comes, the row is what keeps others from calling again.
public struct EffectJournal: Sendable {
  private let pool: PostgresPool
  private let digest: KeyedDigest
  private let logger: Logger

  /// - Parameter key: What calls are hashed with.
  public init(pool: PostgresPool, key: MasterKey, logger: Logger) {
    self.pool = pool
    digest = KeyedDigest(key, purpose: .requests)
    self.logger = logger
  }

  /// Whether a skill may be called.
  public enum Answer: Sendable, Hashable {
    /// Call it: the announcement is on disk, and nobody else may.
    case begun
    /// Do not: an earlier attempt was about to, and its end is not known.
    case begunBefore
    /// Do not: the step is not ours any more.
    case lost
    /// Do not: the job was cancelled, or is over.
    case cancelled
    /// Do not: the database did not answer in time. An announcement may be there all the same.
    case unavailable
  }

  /// Announces that a claimed step's skill is called next. Tries again while the database is away:
  /// the claim makes that one announcement.
  ///
  /// - Parameter mayWait: Whether it may try once more; asked after each failure.
  /// - Throws: `PostgresError` that no other try would change.
  public func begin(
    _ step: ClaimedStep, arguments: JSONValue, mayWait: @Sendable () -> Bool
  ) async throws -> Answer {
    let call: JSONValue = [.string(step.target.description), arguments]
    let hash = digest(call.json)
    var backoff = Duration.milliseconds(50)
    while true {
      do {
        if let answer = try await beginOnce(step, hash: hash) { return answer }
      } catch let error as PostgresError where !error.isPermanent {
        logger.warning(
          "a call waits for the database",
          metadata: .fields([.step: step.id, .error: error.description]))
      } catch is FailpointError {
        // As an answer that was lost.
      }
      guard mayWait(), !Task.isCancelled else { return .unavailable }
      // A cancelled sleep ends the wait at the next look.
      try? await Task.sleep(for: backoff)
      backoff = min(backoff * 2, .seconds(1))
    }
  }

  /// `nil` when another look is needed.
  private func beginOnce(_ step: ClaimedStep, hash: [UInt8]) async throws -> Answer? {
    let rows = try await pool.query(
      EffectStatements.begin(step.id, claim: step.claim, hash: hash))
    guard let row = rows.first else { return nil }
    guard try row.decode("is_held", as: Bool.self) else { return .lost }
    let holder = try row.decode("claim_id", as: UUID?.self).map { ClaimID($0) }
    if let holder, holder != step.claim { return .begunBefore }
    guard try row.decode("is_wanted", as: Bool.self) else { return .cancelled }
    // Without a holder, the announcement of an earlier try was committed during this one.
    guard holder != nil else { return nil }
    try Failpoint.effectStarted.hit()
    return .begun
  }
}

/// What a finish says of the effect of an unsafe skill.
public enum EffectEnd: Sendable, Hashable {
  /// The skill has told how it ended.
  case done
  /// Nobody knows; the step must end as ``Jobs/StepFailure/outcomeUnknown(of:)``.
  case unknown
  /// The skill was not called: what may have been announced is taken back.
  case withdrawn

  /// Whether the skill was called, so that it must not be called again.
  var wasCalled: Bool { self != .withdrawn }
}
