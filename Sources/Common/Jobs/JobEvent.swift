public import FoundationEssentials

/// An entry of a job's history, or a piece of text on its way there.
public struct JobEvent: Sendable, Hashable {
  /// What an event tells beside its type.
  public enum Content: Sendable, Hashable {
    /// Nothing more: `queued`, `started`, `waiting`.
    case none
    /// A step changed its state: `step`.
    case step(StepChange)
    /// Somebody has changed these fields of the job, named as in its request: `changed`.
    case change([String])
    /// Text of an agent's turn: `delta`.
    case delta(TextDelta)
    /// The job is over: `succeeded`, `failed`, `cancelled`, `expired`. It is the last event.
    case ended(JobRecord)
  }

  /// Whose history it is part of.
  public let job: JobID
  /// From 1, without gaps; `nil` for live text, which is stored with a later event.
  public let sequence: Int64?
  /// What happened.
  public let type: EventType
  /// When, by the database's clock; for live text, when this node got it.
  public let at: Date
  /// The rest, as the type wants it.
  public let content: Content

  /// The caller gives the content that belongs to the type.
  public init(job: JobID, sequence: Int64?, type: EventType, at: Date, content: Content) {
    self.job = job
    self.sequence = sequence
    self.type = type
    self.at = at
    self.content = content
  }
}

/// What became of a step.
public struct StepChange: Sendable, Hashable {
  /// The step.
  public let step: StepID
  /// Its place in the job, from 0.
  public let index: Int
  /// A model turn or a skill call.
  public let kind: StepKind
  /// The agent whose turn it is, or the skill that is called.
  public let target: Target
  /// As it was after this change; `nil` in histories that an older version wrote.
  public let state: StepState?
  /// Which start of the step led to it, from 1, counted as ``TextDelta/attempt`` is; `nil` for one
  /// that never started, and in histories that an older version wrote.
  public let attempt: Int?
  /// Why that start failed; `nil` when it did not, and in histories that an older version wrote.
  public var error: StepFailure?
  /// When the step is tried again; `nil` when it is not, or at once.
  public var retryAt: Date?

  /// Takes what the history says, but for the failure.
  public init(
    step: StepID, index: Int, kind: StepKind, target: Target, state: StepState?, attempt: Int?
  ) {
    self.step = step
    self.index = index
    self.kind = kind
    self.target = target
    self.state = state
    self.attempt = attempt
  }
}

/// A range of the text that an agent's turn writes.
///
/// Whoever keeps, for each step, the text of its highest attempt, and puts each piece at its
/// offset, has at the end exactly the text that is stored.
public struct TextDelta: Sendable, Hashable {
  /// The turn.
  public let step: StepID
  /// Which start of the step writes it, from 1. Starts after a crash count, too: text of a lower
  /// one is void.
  public let attempt: Int
  /// Where the range begins, in bytes of UTF-8.
  public let offset: Int
  /// How long the range is, in bytes of UTF-8.
  public let length: Int
  /// The text; `nil` when this reader was sent all of it before.
  public let text: String?

  /// `text`, if there is one, has `length` bytes.
  public init(step: StepID, attempt: Int, offset: Int, length: Int, text: String?) {
    self.step = step
    self.attempt = attempt
    self.offset = offset
    self.length = length
    self.text = text
  }
}
