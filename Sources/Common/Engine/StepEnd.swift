public import Jobs
import Postgres
import Storage

/// A claimed step: the right to run it and all it needs.
public struct ClaimedStep: Sendable {
  /// The same over all attempts.
  public let id: StepID
  /// Fences the finish, which counts only while the step still has this claim.
  public let claim: ClaimID
  /// Whose conversation, cancellation and end it is part of.
  public let job: JobID
  /// The job's owner.
  public let user: UserID
  /// Its place in the job, from 0, in the order of creation.
  public let index: Int
  /// Tells how to read `input` and whether `history` counts.
  public let kind: StepKind
  /// The agent whose turn it is, or the skill that is called.
  public let target: Target
  /// The lane that it was claimed from: the target's pool, the job's priority.
  public let lane: Lane
  /// Grows from claim to claim of a lane; see ``StepClaimer``.
  let rank: Int64
  /// From 1.
  public let attempt: Int
  /// How often it was claimed in all: marks the text that it writes.
  public let run: Int
  /// How long it was ready before it was claimed.
  public let waited: Duration
  /// What true replies about the job carry.
  let replyKey: [UInt8]
  /// Whether it was aboard when a process died.
  public let isSuspect: Bool
  /// The step under this claim.
  public var held: HeldStep { HeldStep(step: id, claim: claim) }

  /// What the step works on; a failure when this process cannot read it.
  public let content: Result<Content, StepFailure>
  /// As they were when it was claimed.
  public let rights: Rights
  /// Whether the job has been cancelled since.
  public internal(set) var isCancelled: Bool
  /// Whether it has to be given back without a beginning: it should be held, and somebody else has
  /// locked its job.
  public internal(set) var mustReturn = false
  /// How long this attempt may run; `nil` for what the worker allows.
  public let timeout: Duration?
  /// How long it may go on without a sign of progress; `nil` for as long as it may run.
  public let idleTimeout: Duration?
  /// How often it may be tried, as the job says; `nil` for as often as its failure's class gets.
  public let maximumAttempts: Int?
  /// How many jobs are above its job.
  public let depth: Int
  /// The webhook that its job names, or delivers to.
  let webhook: WebhookID?
  /// The limits of which it has a slot.
  var limits: [GateKey] = []

  /// What users own of a step.
  public struct Content: Sendable {
    /// The job's input for an agent's turn, the arguments for a skill.
    public let input: JSONValue
    /// The job's finished turns, for an agent's turn.
    public let history: [AgentTurn]
  }

  init(_ row: ClaimedRow, claim: ClaimID, content: Result<Content, StepFailure>) {
    id = row.id
    self.claim = claim
    job = row.job
    user = row.user
    index = row.index
    kind = row.kind
    target = row.target
    lane = Lane(pool: row.target.pool, priority: row.priority)
    rank = row.rank
    attempt = row.attempt
    run = row.run
    waited = row.waited
    replyKey = row.replyKey
    isSuspect = row.isSuspect
    self.content = content
    rights = Rights(grants: row.grants, role: row.role, isRevoked: row.isRevoked)
    isCancelled = row.isCancelled
    timeout = row.timeout
    idleTimeout = row.idleTimeout
    maximumAttempts = row.maximumAttempts
    depth = row.depth
    webhook = row.webhook
  }
}

/// What a step may do: what was granted at enqueue and what the user may do now.
public struct Rights: Sendable, Hashable {
  let grants: [TargetPattern]
  let role: Role
  /// Whether the user or the token was revoked since the job was accepted.
  public let isRevoked: Bool

  /// `grants` date from the enqueue; `role` and `isRevoked` are the user's present state.
  public init(grants: [TargetPattern], role: Role, isRevoked: Bool) {
    self.grants = grants
    self.role = role
    self.isRevoked = isRevoked
  }

  /// Whether both then and now allow the target. One that is internal is no role's to allow: it
  /// takes a grant of nothing else, which the system gives to the jobs that it makes.
  public func allows(_ target: Target) -> Bool {
    guard !isRevoked else { return false }
    if target.isInternal { return grants.contains { $0.isOnly(target) } }
    return role.allows(target) && grants.contains { $0.matches(target) }
  }
}

/// A step under one claim: the same step claimed again is another one.
public struct HeldStep: Sendable, Hashable {
  /// The step.
  public let step: StepID
  /// The claim that it runs under.
  public let claim: ClaimID

  /// Names a step under a claim.
  public init(step: StepID, claim: ClaimID) {
    self.step = step
    self.claim = claim
  }
}

/// What became of a finish.
public enum FinishAnswer: Sendable, Hashable {
  /// It is on disk.
  case committed
  /// The claim did not hold any more; nothing was written.
  case lost
}
