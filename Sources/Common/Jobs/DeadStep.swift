public import FoundationEssentials

/// A step that will not be tried again, and that nobody has settled.
public struct DeadStep: Sendable, Hashable {
  /// The step.
  public let id: StepID
  /// Its job, which may have gone on without it.
  public let job: JobID
  /// The job's owner.
  public let user: UserID
  /// The agent whose turn it was, or the skill that was called.
  public let target: Target
  /// The lane that it was in.
  public let lane: Lane
  /// Why it is dead.
  public let error: StepFailure?
  /// The class of the error, also where its text cannot be read.
  public let errorClass: String
  /// The code of the error.
  public let errorCode: String
  /// How often it was tried; a crash does not count.
  public let attempts: Int
  /// How often the process that ran it died.
  public let crashes: Int
  /// When it was given up.
  public let diedAt: Date

  /// Equal for steps that failed alike: `<target> <class>/<code>`.
  public var fingerprint: String {
    Self.fingerprint(target: target.description, class: errorClass, code: errorCode)
  }

  /// Makes the text of ``fingerprint``.
  public static func fingerprint(target: String, class: String, code: String) -> String {
    "\(target) \(`class`)/\(code)"
  }

  /// Takes one reading.
  public init(
    id: StepID, job: JobID, user: UserID, target: Target, lane: Lane, error: StepFailure?,
    errorClass: String, errorCode: String, attempts: Int, crashes: Int, diedAt: Date
  ) {
    self.id = id
    self.job = job
    self.user = user
    self.target = target
    self.lane = lane
    self.error = error
    self.errorClass = errorClass
    self.errorCode = errorCode
    self.attempts = attempts
    self.crashes = crashes
    self.diedAt = diedAt
  }
}

/// Dead steps of a pool that failed alike.
public struct DeadGroup: Sendable, Hashable {
  /// What they have in common.
  public let fingerprint: String
  /// Of all of them.
  public let target: String
  /// The class of their errors.
  public let errorClass: String
  /// The code of their errors.
  public let errorCode: String
  /// How many there are.
  public let count: Int
  /// When the first and the last of them was given up.
  public let firstAt: Date, lastAt: Date
  /// One of them.
  public let example: StepID

  /// Takes one reading.
  public init(
    target: String, errorClass: String, errorCode: String, count: Int, firstAt: Date,
    lastAt: Date, example: StepID
  ) {
    fingerprint = DeadStep.fingerprint(target: target, class: errorClass, code: errorCode)
    self.target = target
    self.errorClass = errorClass
    self.errorCode = errorCode
    self.count = count
    self.firstAt = firstAt
    self.lastAt = lastAt
    self.example = example
  }
}

/// Which dead steps of a pool.
public struct DeadFilter: Sendable, Hashable {
  /// The pool.
  public var pool: Pool
  /// Whose; `nil` for everybody's.
  public var user: UserID?
  /// Exactly these; empty for all that fit the rest.
  public var steps: [StepID] = []
  /// Only of this target.
  public var target: Target?
  /// Only with this code.
  public var code: String?
  /// Only those that failed alike.
  public var fingerprint: String?
  /// Only steps that were made before this one.
  public var before: StepID?
  /// The most, from 1.
  public var limit: Int

  /// All of a pool.
  public init(pool: Pool, user: UserID?, limit: Int = 100) {
    self.pool = pool
    self.user = user
    self.limit = limit
  }
}

/// What became of a redrive.
public struct Redrive: Sendable, Hashable {
  /// A dead step whose job is done again.
  public struct Redriven: Sendable, Hashable {
    /// The dead step.
    public let step: StepID
    /// Its job.
    public let job: JobID
    /// The job that takes over what the old one had finished; `nil` for one that would be made.
    public let newJob: JobID?

    /// Takes what was stored.
    public init(step: StepID, job: JobID, newJob: JobID?) {
      self.step = step
      self.job = job
      self.newJob = newJob
    }
  }

  /// A dead step that was left alone.
  public struct Skipped: Sendable, Hashable {
    /// The step.
    public let step: StepID
    /// One sentence.
    public let reason: String

    /// Says why.
    public init(step: StepID, reason: String) {
      self.step = step
      self.reason = reason
    }
  }

  /// How many steps the filter met.
  public var matched = 0
  /// In order.
  public var redriven: [Redriven] = []
  /// In order.
  public var skipped: [Skipped] = []
  /// Why it stopped before its end; `nil` when it did not.
  public var stopped: String?

  /// Nothing yet.
  public init() {}
}
