/// What a skill is, as agents, users and the catalogue see it.
public struct SkillDefinition: Sendable, Hashable {
  /// What may happen when a call is repeated.
  public enum Safety: String, Sendable {
    /// No effect: repeat at will.
    case pure
    /// Repeating leaves the same state as one call.
    case idempotent
    /// Repeating may do harm: it is called once for a step, whatever happens. What it throws
    /// counts as its word that nothing happened if it is `bad_input`, `refused`, `auth` or
    /// `rate_limited`; anything else leaves that open.
    case unsafe
  }

  /// `<namespace>.<verb>`; runs in the pool `skill.<namespace>`.
  public let name: String
  /// One sentence for the model and for people.
  public let description: String
  /// JSON Schema of the arguments; see ``JSONSchema`` for the part of it that counts.
  public let input: JSONValue
  /// JSON Schema of the result.
  public let output: JSONValue
  /// The skill's own promise; nothing verifies it.
  public let safety: Safety
  /// How often a call may be tried, at least 1; `nil` for as often as any step.
  public let attempts: Int?

  /// `input` must be a schema that ``JSONSchema`` takes; with any other, calls end as internal
  /// errors.
  public init(
    name: String, description: String, input: JSONValue, output: JSONValue, safety: Safety,
    attempts: Int? = nil
  ) {
    self.name = name
    self.description = description
    self.input = input
    self.output = output
    self.safety = safety
    self.attempts = attempts
  }
}

/// One call of a skill by one step.
public struct SkillCall: Sendable {
  /// Whose workspace and rights the call uses.
  public let user: UserID
  /// The job that it belongs to.
  public let job: JobID
  /// The same over all attempts.
  public let step: StepID
  /// From 1; a start after a crash has the number of the one before.
  public let attempt: Int
  /// How often the step was begun in all, this time counted; from 1.
  public let run: Int
  /// Valid against the skill's input schema.
  public let arguments: JSONValue

  private let onProgress: @Sendable () -> Void

  /// The same for each attempt at this call and for no other call: what an idempotent skill gives
  /// to the service that it asks. 36 characters of `0-9a-f-`.
  public var idempotencyKey: String { step.description }

  /// This one run of the step: what writes are fenced by that nobody else may make meanwhile.
  public var stepRun: StepRun { StepRun(job: job, step: step, run: run) }

  /// The caller has checked `arguments` and the user's right to the skill.
  ///
  /// - Parameter onProgress: Told as often as the skill shows a sign of progress.
  public init(
    user: UserID, job: JobID, step: StepID, attempt: Int, run: Int = 1, arguments: JSONValue,
    onProgress: @escaping @Sendable () -> Void = {}
  ) {
    self.user = user
    self.job = job
    self.step = step
    self.attempt = attempt
    self.run = run
    self.arguments = arguments
    self.onProgress = onProgress
  }

  /// Says that the skill gets on. A job's `timeouts.idle` ends a call that has not said so for that
  /// long; one that takes longer than a second says it every second. Cheap, from any thread.
  public func reportProgress() { onProgress() }
}

/// One run of a step: over when the step is, or when another worker has begun it again.
public struct StepRun: Sendable, Hashable {
  /// The job of the step.
  public let job: JobID
  /// The step.
  public let step: StepID
  /// How often it was begun, this time counted; from 1.
  public let run: Int

  /// Names a run, whether there is one or not.
  public init(job: JobID, step: StepID, run: Int) {
    self.job = job
    self.step = step
    self.run = run
  }
}

/// A named capability. One file, and one line in the registry, add one.
public protocol Skill: Sendable {
  /// What workers announce; the same for as long as the skill lives.
  var definition: SkillDefinition { get }

  /// Whether it blocks its thread for longer than some microseconds, as for a disk access; it gets
  /// one of its own then. `true` unless a skill says otherwise.
  var mayBlock: Bool { get }

  /// Does the work.
  ///
  /// - Returns: A value that is valid against the output schema.
  /// - Throws: ``StepFailure``; anything else counts as an internal error.
  func run(_ call: SkillCall) async throws -> JSONValue
}

extension Skill {
  /// A thread of its own costs more than a short call, but never other calls' time.
  public var mayBlock: Bool { true }
}
