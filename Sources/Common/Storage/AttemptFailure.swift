import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// Why the attempt failed that a `step` event tells of: what the event's `content` holds, sealed for
/// ``SealedContent/Column/eventFailure``.
public struct AttemptFailure: Sendable, Hashable {
  /// The most of a message that is kept, in Unicode scalars: a step may fail many times.
  static let messageLength = 1_000

  /// With its message cut.
  public let failure: StepFailure
  /// How long after the event the step is tried again; `nil` when it is not, or at once.
  public let delay: Duration?

  /// A longer message ends in an ellipsis.
  public init(_ failure: StepFailure, delay: Duration?) {
    var message = failure.message
    if message.unicodeScalars.count > Self.messageLength {
      message = String(
        String.UnicodeScalarView(message.unicodeScalars.prefix(Self.messageLength - 1)))
      message += "…"
    }
    self.failure = StepFailure(failure.class, code: failure.code, message: message)
    self.delay = delay
  }

  /// The members of a failure and `retry_ms`.
  private var json: JSONValue {
    guard case .object(var members) = failure.json else { return failure.json }
    members["retry_ms"] = delay.map { .integer(Int64($0.wholeMilliseconds)) }
    return .object(members)
  }

  /// Reads what ``json`` wrote; `nil` for another form.
  private init?(json: JSONValue) {
    guard let failure = StepFailure(json: json) else { return nil }
    self.failure = failure
    delay = json["retry_ms"]?.int.map { .milliseconds($0) }
  }

  /// As the event of a run keeps it.
  public func sealed(of step: StepID, run: Int, _ content: SealedContent) throws -> Sealed {
    try content.seal(
      json, .eventFailure, row: SealedContent.row(of: step, run: run, offset: 0))
  }

  /// Opens the `content` of a `step` event.
  ///
  /// - Returns: `nil` without one, and for one that this process cannot open: the rest of the
  ///   history is worth more than why an attempt failed.
  init?(_ sealed: [UInt8]?, of step: UUID, run: Int, _ content: SealedContent) {
    guard let sealed,
      let json = try? content.open(  // as said above
        sealed, .eventFailure, row: SealedContent.row(of: StepID(step), run: run, offset: 0))
    else { return nil }
    self.init(json: json)
  }

  /// When the step is tried again.
  func retryTime(after event: Date) -> Date? { delay.map { event + $0 / .seconds(1) } }
}

extension FailedAttempt {
  /// Reads rows of ``EventStatements/failures(of:)``, in order; those that cannot be opened are left
  /// out.
  public static func read(
    _ rows: [Row], _ content: SealedContent
  ) throws -> [StepID: [FailedAttempt]] {
    var attempts: [StepID: [FailedAttempt]] = [:]
    for row in rows {
      let step = try row.decode("step_id", as: UUID.self)
      let run = Int(try row.decode("attempt", as: Int32.self))
      let sealed = try row.decode("content", as: [UInt8]?.self)
      guard let failure = AttemptFailure(sealed, of: step, run: run, content) else { continue }
      let at = try row.decode("at", as: Date.self)
      attempts[StepID(step), default: []].append(
        FailedAttempt(
          attempt: run, state: try row.stored("step_state"), at: at, error: failure.failure,
          retryAt: failure.retryTime(after: at)))
    }
    return attempts
  }
}
