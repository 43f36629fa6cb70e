/// Where a job stands. The raw value is what is stored; see docs/ARCHITECTURE.md for the moves.
public enum JobState: Int16, Sendable, CaseIterable {
  case scheduled = 0
  case queued = 1
  case running = 2
  case waiting = 3
  case succeeded = 4
  case failed = 5
  case cancelled = 6
  case expired = 7

  /// Whether the job is over: its result or error is final.
  public var isFinal: Bool { rawValue >= JobState.succeeded.rawValue }

  /// The name used in the API.
  public var name: String {
    switch self {
    case .scheduled: "scheduled"
    case .queued: "queued"
    case .running: "running"
    case .waiting: "waiting"
    case .succeeded: "succeeded"
    case .failed: "failed"
    case .cancelled: "cancelled"
    case .expired: "expired"
    }
  }
}

/// Where a step stands. The raw value is what is stored.
public enum StepState: Int16, Sendable, CaseIterable {
  /// Due at `ready_at`: a retry or a delay.
  case pending = 0
  /// May be claimed.
  case ready = 1
  /// May not be ready yet, for a reason that something else will lift.
  case held = 2
  /// Claimed, under a lease.
  case running = 3
  case done = 4
  /// Will not be tried again; kept with its error.
  case dead = 5
  case cancelled = 6

  /// The name used in the API.
  public var name: String {
    switch self {
    case .pending: "pending"
    case .ready: "ready"
    case .held: "held"
    case .running: "running"
    case .done: "done"
    case .dead: "dead"
    case .cancelled: "cancelled"
    }
  }
}

/// What a step does: one model turn of an agent, one call of a skill, or waiting for a delegated job
/// or a signal.
public enum StepKind: Int16, Sendable, CaseIterable {
  case agentTurn = 1
  case skillCall = 2
  case delegation = 3
  case signalWait = 4

  /// The name used in the API.
  public var name: String {
    switch self {
    case .agentTurn: "agent_turn"
    case .skillCall: "skill_call"
    case .delegation: "delegation"
    case .signalWait: "signal_wait"
    }
  }
}

/// What happened to a job, in the order of its `seq`. The raw value is what is stored.
public enum EventType: Int16, Sendable, CaseIterable {
  case queued = 1
  case started = 2
  case waiting = 3
  case step = 4
  case succeeded = 5
  case failed = 6
  case cancelled = 7
  case expired = 8
  case delta = 9
  case changed = 10

  /// The name used in the API.
  public var name: String {
    switch self {
    case .queued: "job.queued"
    case .started: "job.started"
    case .waiting: "job.waiting"
    case .step: "job.step"
    case .succeeded: "job.succeeded"
    case .failed: "job.failed"
    case .cancelled: "job.cancelled"
    case .expired: "job.expired"
    case .delta: "job.delta"
    case .changed: "job.changed"
    }
  }
}
