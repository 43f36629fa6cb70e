public import FoundationEssentials

/// Why a job does not go on, or that it does: what one step that is not over waits for.
public struct WaitReason: Sendable, Hashable {
  /// What keeps a step.
  public enum Cause: String, Sendable, CaseIterable {
    /// Nothing: a worker has it.
    case running
    /// Steps of its pool are before it.
    case queue
    /// It is the first in its lane, and no slot is free.
    case slot
    /// No worker serves its pool.
    case noWorkers = "no_workers"
    /// Its pool, lane or priority is paused, or its user, agent, skill or provider.
    case paused
    /// As many steps run as a limit allows.
    case limit
    /// An earlier job of its session is not over.
    case session
    /// The job that it has delegated is not over.
    case child
    /// The signal that it waits for has not come.
    case signal
    /// It starts at a time that its user has chosen.
    case delay
    /// An attempt has failed, and the next one is due later.
    case retry
    /// Its job shall stop, and what runs has not stopped yet.
    case stopping
  }

  /// How long it may still take, and how that was reckoned.
  public struct Estimate: Sendable, Hashable {
    /// From now; `nil` where nothing tells.
    public let duration: Duration?
    /// For people, such as "14 steps before it, 2.0 starts/s over the last minute"; without a
    /// duration, why there is none.
    public let basis: String

    /// Takes a guess and its grounds.
    public init(duration: Duration? = nil, basis: String) {
      self.duration = duration
      self.basis = basis
    }
  }

  /// Which step.
  public let step: StepID
  /// What it runs.
  public let target: Target
  /// What keeps it.
  public let cause: Cause
  /// One sentence about this step.
  public let detail: String
  /// One sentence: what would let it go on.
  public let remedy: String
  /// How many steps start before it, if it is in a lane or held by a limit; in a session, how many
  /// jobs. More than 10,000 are not counted.
  public let ahead: Int?
  /// When it goes on by itself, where that is known.
  public let until: Date?
  /// How long it waits until then.
  public let estimate: Estimate

  /// Takes one reading.
  public init(
    step: StepID, target: Target, cause: Cause, detail: String, remedy: String, ahead: Int? = nil,
    until: Date? = nil, estimate: Estimate
  ) {
    self.step = step
    self.target = target
    self.cause = cause
    self.detail = detail
    self.remedy = remedy
    self.ahead = ahead
    self.until = until
    self.estimate = estimate
  }
}
