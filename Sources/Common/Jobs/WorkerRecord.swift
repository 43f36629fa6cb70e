public import FoundationEssentials

/// A worker process, as it told of itself.
public struct WorkerRecord: Sendable, Hashable {
  /// How a worker stands.
  public enum State: String, Sendable, CaseIterable {
    /// It claims steps.
    case running
    /// It claims no more, and ends when its steps have ended.
    case draining
    /// It has said nothing for 15 s: dead, cut off or stopped.
    case lost
  }

  /// New for each start of a worker process.
  public let id: WorkerID
  /// How it stands.
  public let state: State
  /// Whose lanes it reads.
  public let pools: [Pool]
  /// The most steps that it runs at once.
  public let slots: Int
  /// How many it ran when it last told.
  public let busy: Int
  /// The machine's name.
  public let host: String
  /// Its process id on that host.
  public let pid: Int
  /// The build that it runs.
  public let version: String
  /// When it started.
  public let startedAt: Date
  /// When it last told of itself.
  public let seenAt: Date
  /// What it runs now, the oldest first.
  public let steps: [RunningStep]

  /// A step that a worker holds.
  public struct RunningStep: Sendable, Hashable {
    /// The step.
    public let step: StepID
    /// Its job; `nil` for those who may not see it.
    public let job: JobID?
    /// The agent whose turn it is, or the skill that is called.
    public let target: Target
    /// The job's priority.
    public let priority: Priority
    /// When it was claimed.
    public let startedAt: Date

    /// Takes what the database says.
    public init(step: StepID, job: JobID?, target: Target, priority: Priority, startedAt: Date) {
      self.step = step
      self.job = job
      self.target = target
      self.priority = priority
      self.startedAt = startedAt
    }
  }

  /// Takes one consistent reading.
  public init(
    id: WorkerID, state: State, pools: [Pool], slots: Int, busy: Int, host: String, pid: Int,
    version: String, startedAt: Date, seenAt: Date, steps: [RunningStep]
  ) {
    self.id = id
    self.state = state
    self.pools = pools
    self.slots = slots
    self.busy = busy
    self.host = host
    self.pid = pid
    self.version = version
    self.startedAt = startedAt
    self.seenAt = seenAt
    self.steps = steps
  }
}

/// A pool: who works in it, and how many shall.
public struct PoolRecord: Sendable, Hashable {
  /// The pool.
  public let pool: Pool
  /// How many workers it shall have; `nil` when nobody has said so.
  public let desired: Int?
  /// Whether something on duty, such as `openclaw up`, starts and stops workers to fit `desired`.
  public let isManaged: Bool
  /// How long its steps should wait at most: what waits for longer counts as more urgent. `nil` when
  /// nobody has said so.
  public let targetWait: Duration?
  /// Live workers, without the draining ones.
  public let workers: Int
  /// The steps that those may run at once.
  public let slots: Int
  /// Steps that run.
  public let running: Int
  /// Steps that may be claimed.
  public let ready: Int
  /// The agents and skills that workers have announced for it, as `agent:main`.
  public let targets: [Target]
  /// What keeps all of its steps from being claimed; `nil` when no pause of the pool does.
  public var paused: PauseRecord?

  /// The most workers that may be asked for.
  public static let maximumDesired = 256

  /// Takes one sample; counts are 0 or more.
  public init(
    pool: Pool, desired: Int?, isManaged: Bool, targetWait: Duration? = nil, workers: Int,
    slots: Int, running: Int, ready: Int, targets: [Target]
  ) {
    self.pool = pool
    self.desired = desired
    self.isManaged = isManaged
    self.targetWait = targetWait
    self.workers = workers
    self.slots = slots
    self.running = running
    self.ready = ready
    self.targets = targets
  }
}
