public import FoundationEssentials

/// A job that a user asks for, valid in form.
public struct JobRequest: Sendable, Hashable {
  /// Allowed to the user and served by some worker when the request was checked.
  public let target: Target
  /// The arguments for a skill; a string or an object with a string `message` for an agent.
  public let input: JSONValue
  /// Within what the user's role allows; all steps of the job inherit it.
  public let priority: Priority
  /// 1 to 255 printable ASCII characters; the same key within 24 h means the same job.
  public let idempotencyKey: String?
  /// When it may start, by when it must be over, and the like.
  public let options: JobOptions

  /// Takes checked values; without an idempotency key every request is a new job.
  public init(
    target: Target, input: JSONValue, priority: Priority, idempotencyKey: String? = nil,
    options: JobOptions = JobOptions()
  ) {
    self.target = target
    self.input = input
    self.priority = priority
    self.idempotencyKey = idempotencyKey
    self.options = options
  }

  /// The same under an idempotency key, if there is one.
  public func keyed(_ key: String?) -> JobRequest {
    JobRequest(
      target: target, input: input, priority: priority, idempotencyKey: key, options: options)
  }
}

/// A job as its owner sees it.
public struct JobRecord: Sendable, Hashable {
  /// A UUIDv7, so later jobs have greater ids.
  public let id: JobID
  /// The agent or skill that was asked for.
  public let target: Target
  /// The priority of each of its steps.
  public let priority: Priority
  /// As its steps stand at the reading: `running` while one of them runs.
  public let state: JobState
  /// What the user sent, opened.
  /// `null` in a listing.
  public let input: JSONValue
  /// Set once the job has succeeded, and for a cancelled job whose turn had written something:
  /// then `{"text","partial":true}`. Left out in a listing.
  public let result: JSONValue?
  /// Set once the job has failed, expired or been cancelled for a reason.
  public let error: StepFailure?
  /// The `seq` of its newest event, from 1; grows with every change, so it serves as a version.
  public let lastSequence: Int64
  /// Its unfinished steps.
  public let openSteps: Int
  /// When it was committed, by the database's clock.
  public let createdAt: Date
  /// When work on it began, by the database's clock; `nil` before.
  public let startedAt: Date?
  /// When it reached a final state; `nil` before.
  public let finishedAt: Date?
  /// When its cancellation was first asked for; `nil` when it was not.
  public let cancelRequestedAt: Date?
  /// The job that this one does again; `nil` for any other.
  public let retryOf: JobID?
  /// What else was asked of it, as it was stored.
  public let terms: JobTerms

  /// Takes one consistent reading: result, error and times must fit `state`.
  public init(
    id: JobID, target: Target, priority: Priority, state: JobState, input: JSONValue,
    result: JSONValue?, error: StepFailure?, lastSequence: Int64, openSteps: Int,
    createdAt: Date, startedAt: Date?, finishedAt: Date?, cancelRequestedAt: Date? = nil,
    retryOf: JobID? = nil, terms: JobTerms = JobTerms()
  ) {
    self.id = id
    self.target = target
    self.priority = priority
    self.state = state
    self.input = input
    self.result = result
    self.error = error
    self.lastSequence = lastSequence
    self.openSteps = openSteps
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
    self.cancelRequestedAt = cancelRequestedAt
    self.retryOf = retryOf
    self.terms = terms
  }
}

/// What was asked of a job beside target, input and priority, with its times fixed.
public struct JobTerms: Sendable, Hashable {
  /// When it may start; `nil` when that was at once.
  public var runAt: Date?
  /// When it must be over.
  public var deadline: Date?
  /// How long it had until then when it was stored; `nil` when a time was named, and for a
  /// delegated job.
  public var deadlineAfter: Duration?
  /// How long it may wait for its first step to start, from when it may start.
  public var queueTimeout: Duration?
  /// How long one of its steps may run; `nil` for what workers allow.
  public var stepTimeout: Duration?
  /// How long a step may run without a sign of progress.
  public var idleTimeout: Duration?
  /// How often each of its steps may be tried; `nil` for as often as the class of the failure gets.
  public var maximumAttempts: Int?
  /// The conversation that it is part of.
  public var session: SessionName?
  /// The endpoint that it names.
  public var webhook: WebhookID?
  /// What it waited for before it started, or still does.
  public var signal: SignalWait?
  /// The user's key of which it is the only live job; `nil` once that is free again.
  public var uniqueKey: String?
  /// Among which jobs the key counts; `nil` without a key.
  public var uniqueScope: Uniqueness.Scope?
  /// For how long the key counts; `nil` without a key, and for one that counts until the job is over.
  public var uniquePeriod: Duration?
  /// The set that it is part of.
  public var batch: BatchID?
  /// The schedule that has made it, which may be gone.
  public var schedule: ScheduleID?
  /// The job that has delegated it; `nil` for one that a user asked for.
  public var parent: JobID?
  /// The first job of its tree; `nil` when it is that itself.
  public var root: JobID?

  /// Nothing was asked.
  public init() {}
}

/// A step as its job's owner sees it.
public struct StepRecord: Sendable, Hashable {
  /// Stays the same over all attempts.
  public let id: StepID
  /// Its place in the job, from 0, in the order of creation.
  public let index: Int
  /// A model turn or a skill call.
  public let kind: StepKind
  /// The agent whose turn it is, or the skill that is called.
  public let target: Target
  /// As it is stored; `done`, `dead` and `cancelled` are final.
  public let state: StepState
  /// How often it was tried; a crash does not count.
  public let attempt: Int
  /// How often the process that ran it died.
  public let crashes: Int
  /// A skill's arguments; `nil` for an agent's turn, whose input is the conversation.
  public let input: JSONValue?
  /// A skill's result, or an agent's text and calls; `nil` until it is done.
  public let output: JSONValue?
  /// The error of the last attempt, also while it waits for the next one.
  public let error: StepFailure?
  /// The tries that failed, in order; without those under an older version, and without most of
  /// many that a rate limit ended.
  public var failedAttempts: [FailedAttempt] = []
  /// Set once an unsafe skill was announced; `nil` for any other step.
  public let effect: EffectRecord?
  /// When it was inserted: with its job, or as an earlier step ended.
  public let createdAt: Date
  /// When its latest attempt was claimed; `nil` before the first.
  public let startedAt: Date?
  /// When it reached a final state; `nil` before.
  public let finishedAt: Date?

  /// Takes one consistent reading: output, error and times must fit `state`.
  public init(
    id: StepID, index: Int, kind: StepKind, target: Target, state: StepState, attempt: Int,
    crashes: Int, input: JSONValue?, output: JSONValue?, error: StepFailure?,
    effect: EffectRecord? = nil, createdAt: Date, startedAt: Date?, finishedAt: Date?
  ) {
    self.id = id
    self.index = index
    self.kind = kind
    self.target = target
    self.state = state
    self.attempt = attempt
    self.crashes = crashes
    self.input = input
    self.output = output
    self.error = error
    self.effect = effect
    self.createdAt = createdAt
    self.startedAt = startedAt
    self.finishedAt = finishedAt
  }
}

/// Which jobs to list: the newest first.
public struct JobFilter: Sendable, Hashable {
  /// Empty means any state.
  public var states: [JobState] = []
  /// Only jobs for exactly this target; `nil` means any.
  public var target: Target?
  /// 1 to 200.
  public var limit = 50
  /// Only jobs of this batch; `nil` means any.
  public var batch: BatchID?
  /// Only jobs of this session; `nil` means any.
  public var session: SessionName?
  /// Only jobs that hold this key, in whatever scope; `nil` means any.
  public var uniqueKey: String?
  /// Only jobs of this priority; `nil` means any.
  public var priority: Priority?
  /// Only jobs that do this one again; `nil` means any.
  public var retryOf: JobID?
  /// Only jobs that were stored then or later.
  public var createdAfter: Date?
  /// Only jobs that were stored before.
  public var createdBefore: Date?
  /// Whether jobs for internal targets, such as deliveries of webhooks, are among them although
  /// ``target`` does not name one.
  public var includesInternal = false
  /// Only jobs older than this one.
  public var before: JobID?

  /// The 50 newest jobs of any state and of all targets that users may name.
  public init() {}
}
