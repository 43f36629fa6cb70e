import FoundationEssentials
public import Jobs
public import Postgres

/// The histories of jobs as their owners see them.
public struct EventReader: Sendable {
  private let pool: PostgresPool
  private let content: SealedContent

  /// `content` must hold the keys that texts are sealed with.
  public init(pool: PostgresPool, content: SealedContent) {
    self.pool = pool
    self.content = content
  }

  private var jobs: JobReader { JobReader(pool: pool, content: content) }

  /// What there is to know before reading on from an event.
  public struct Opening: Sendable {
    /// The seq of the job's newest event.
    public let lastSequence: Int64
    /// Whether the job is over.
    public let isFinal: Bool
    /// What true replies about the job carry.
    public let replyKey: [UInt8]
    /// How far the text goes that the reader has, by turn and run.
    public let reached: [(step: StepID, run: Int, end: Int)]
    /// The first page of events after the one that the reader has.
    public let page: [JobEvent]
  }

  /// Looks at a user's job and reads its first events after a seq.
  ///
  /// - Returns: `nil` when the user has no such job.
  public func open(
    _ job: JobID, of user: UserID, after sequence: Int64
  ) async throws -> Opening? {
    let rows = try await pool.pipeline([
      EventStatements.head(of: job, user: user),
      EventStatements.reach(of: job, upTo: sequence),
      EventStatements.events(of: job, after: sequence),
    ])
    guard let head = rows[0].first else { return nil }
    return Opening(
      lastSequence: try head.decode("last_seq", as: Int64.self),
      isFinal: try head.decode("is_final", as: Bool.self),
      replyKey: try head.decode("reply_key", as: [UInt8].self),
      reached: try rows[1].map { row in
        (
          StepID(try row.decode("step_id", as: UUID.self)),
          Int(try row.decode("attempt", as: Int32.self)),
          Int(try row.decode("reach", as: Int32.self))
        )
      }, page: try rows[2].map { try event($0, of: job) })
  }

  /// The events of a job after a seq, in order, a page at most. The event that ends the job comes
  /// without its content: read the job.
  public func events(of job: JobID, after sequence: Int64) async throws -> [JobEvent] {
    try await pool.query(EventStatements.events(of: job, after: sequence))
      .map { try event($0, of: job) }
  }

  /// The same, and the job as it is, in one round trip.
  public func eventsAndJob(
    _ job: JobID, of user: UserID, after sequence: Int64
  ) async throws -> (events: [JobEvent], job: JobRecord?) {
    let rows = try await pool.pipeline([
      EventStatements.events(of: job, after: sequence), JobReader.selection(of: job, user: user),
    ])
    return (try rows[0].map { try event($0, of: job) }, try rows[1].first.map(jobs.record))
  }

  private func event(_ row: Row, of job: JobID) throws -> JobEvent {
    let type: EventType = try row.stored("type")
    return JobEvent(
      job: job, sequence: try row.decode("seq", as: Int64.self), type: type,
      at: try row.decode("at", as: Date.self), content: try content(of: row, type))
  }

  private func content(of row: Row, _ type: EventType) throws -> JobEvent.Content {
    if type == .changed {
      let fields = try row.decode("changed", as: String?.self) ?? ""
      return .change(fields.split(separator: " ").map(String.init))
    }
    // A step that retention took away leaves its events behind.
    guard let id = try row.decode("step_id", as: UUID?.self),
      let index = try row.decode("index", as: Int32?.self)
    else { return .none }
    switch type {
    case .delta: return .delta(try delta(row, step: id))
    case .step: return .step(try change(row, step: id, index: Int(index)))
    default: return .none
    }
  }

  private func change(_ row: Row, step: UUID, index: Int) throws -> StepChange {
    let run = try row.decode("attempt", as: Int32?.self).map(Int.init)
    var change = StepChange(
      step: StepID(step), index: index, kind: try row.stored("kind"),
      target: try row.target("target"),
      state: try row.decode("step_state", as: Int16?.self).flatMap(StepState.init), attempt: run)
    let sealed = try row.decode("content", as: [UInt8]?.self)
    if let failure = AttemptFailure(sealed, of: step, run: run ?? 0, content) {
      change.error = failure.failure
      change.retryAt = failure.retryTime(after: try row.decode("at", as: Date.self))
    }
    return change
  }

  private func delta(_ row: Row, step: UUID) throws -> TextDelta {
    let position = Int(try row.decode("position", as: Int32.self))
    let length = Int(try row.decode("length", as: Int32.self))
    let run = Int(try row.decode("attempt", as: Int32.self))
    var text: [UInt8]?
    if let sealed = try row.decode("content", as: [UInt8]?.self) {
      text = try content.openText(
        sealed, .eventText,
        row: SealedContent.row(of: StepID(step), run: run, offset: position))
    } else if let sealed = try row.decode("output", as: [UInt8]?.self) {
      let output = try content.open(sealed, .stepOutput, row: step)
      let all = Array((output["text"]?.text ?? "").utf8)
      text = position + length <= all.count ? Array(all[position..<position + length]) : nil
    }
    return TextDelta(
      step: StepID(step), attempt: run, offset: position, length: length,
      text: text.map { String(decoding: $0, as: UTF8.self) })
  }
}
