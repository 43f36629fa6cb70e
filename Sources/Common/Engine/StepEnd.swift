public import Jobs
import Postgres
import Storage

/// A claimed step: the right to run it and all it needs.
public struct ClaimedStep: Sendable {
  public let id: StepID
  public let claim: ClaimID
  public let job: JobID
  public let user: UserID
  public let index: Int
  public let kind: StepKind
  public let target: Target
  public let lane: Lane
  /// Grows from claim to claim of a lane; see ``StepClaimer``.
  let rank: Int64
  /// From 1.
  public let attempt: Int
  /// Whether it was aboard when a process died.
  public let isSuspect: Bool
  /// The job's input for an agent's turn, the arguments for a skill.
  public let input: JSONValue
  /// The job's finished turns, for an agent's turn.
  public let history: [AgentTurn]
  public let rights: Rights
  /// Whether the job has been cancelled since.
  public let isCancelled: Bool
}

/// What a step may do: what was granted at enqueue and what the user may do now.
public struct Rights: Sendable, Hashable {
  let grants: [TargetPattern]
  let role: Role
  /// Whether the user or the token was revoked since the job was accepted.
  public let isRevoked: Bool

  public init(grants: [TargetPattern], role: Role, isRevoked: Bool) {
    self.grants = grants
    self.role = role
    self.isRevoked = isRevoked
  }

  /// Whether both then and now allow the target.
  public func allows(_ target: Target) -> Bool {
    !isRevoked && role.allows(target) && grants.contains { $0.matches(target) }
  }
}

/// What became of a finish.
public enum FinishAnswer: Sendable, Hashable {
  /// It is on disk.
  case committed
  /// The claim did not hold any more; nothing was written.
  case lost
}
