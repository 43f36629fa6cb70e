public import FoundationEssentials
public import Jobs
public import Security

/// A step to insert.
public struct NewStep: Sendable, Hashable {
  /// Must be new.
  public let id: StepID
  /// A job whose row the transaction has locked.
  public let job: JobID
  /// The job's owner.
  public let user: UserID
  /// The locked job's `nextIndex` at its turn; unique in the job.
  public let index: Int
  /// The index of the agent's turn that asked for it; `nil` for a turn.
  public let turn: Int?
  /// The ``ModelCall/id`` that it answers; `nil` for a turn.
  public let callID: String?
  /// A call of `turn`, or a turn.
  public let kind: StepKind
  /// The skill that is called, or the job's agent.
  public let target: Target
  /// The target's pool; with `priority`, the lane of its ticket.
  public let pool: Pool
  /// The job's.
  public let priority: Priority
  /// `ready`, or `dead` for a call that was refused at once.
  public let state: StepState
  /// Sealed for ``SealedContent/Column/stepInput`` and the row `id`; `nil` for a turn.
  public let input: Sealed?
  /// Sealed for ``SealedContent/Column/stepError`` and the row `id`; set when it is `dead`.
  public let error: Sealed?
  /// Why it is `held`; `nil` in any other state.
  public let heldBy: HoldReason?
  /// Its user's share of a lane.
  public let weight: Int

  /// Indexes must fit an Int32; `turn` and `callID` are both set or both `nil`.
  public init(
    id: StepID, job: JobID, user: UserID, index: Int, turn: Int?, callID: String?,
    kind: StepKind, target: Target, pool: Pool, priority: Priority, state: StepState,
    input: Sealed?, error: Sealed?, heldBy: HoldReason? = nil, weight: Int = 1
  ) {
    self.id = id
    self.job = job
    self.user = user
    self.index = index
    self.turn = turn
    self.callID = callID
    self.kind = kind
    self.target = target
    self.pool = pool
    self.priority = priority
    self.state = state
    self.input = input
    self.error = error
    self.heldBy = heldBy
    self.weight = weight
  }
}

/// What a job's row becomes.
public struct JobUpdate: Sendable {
  /// The job as it shall be; its state, counts and sequence are written.
  public let job: LockedJob
  /// When the step that started it began; sets `started_at` if it has none.
  public let startedAt: Date?
  /// Sealed for ``SealedContent/Column/jobResult`` and the job's row; `nil` clears it.
  public let result: Sealed?
  /// Sealed for ``SealedContent/Column/jobError`` and the job's row; `nil` clears it.
  public let error: Sealed?

  /// The job's row must be locked; a final state also sets `finished_at`.
  public init(job: LockedJob, startedAt: Date?, result: Sealed?, error: Sealed?) {
    self.job = job
    self.startedAt = startedAt
    self.result = result
    self.error = error
  }
}

/// An event to insert.
public struct NewEvent: Sendable, Hashable {
  /// A job whose row the transaction has locked.
  public let job: JobID
  /// One more than the job's event before it; unique in the job.
  public let sequence: Int64
  /// What happened.
  public let type: EventType
  /// The step that it is about; `nil` when it is about the job alone.
  public let step: StepID?
  /// When it happened; `nil` means the transaction's time.
  public let at: Date?
  /// What the step became; for `step` alone.
  public let stepState: StepState?
  /// For `step` and `delta` the run of the step; `nil` for any other type.
  public let attempt: Int?
  /// The bytes of the step's output text that a `delta` stands for; `nil` for any other type.
  public let range: Range<Int>?
  /// Why the attempt failed that a `step` tells of: an ``AttemptFailure``; `nil` for any other.
  public var failure: Sealed?

  /// The caller counts `sequence` up under the job's row lock.
  public init(
    job: JobID, sequence: Int64, type: EventType, step: StepID?, at: Date?,
    stepState: StepState? = nil, attempt: Int? = nil, range: Range<Int>? = nil
  ) {
    self.job = job
    self.sequence = sequence
    self.type = type
    self.step = step
    self.at = at
    self.stepState = stepState
    self.attempt = attempt
    self.range = range
  }
}
