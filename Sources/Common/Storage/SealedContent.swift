public import FoundationEssentials
public import Jobs
public import Security

/// Seals and opens the JSON that users own, each kind in its own cell.
public struct SealedContent: Sendable {
  private let sealer: Sealer

  /// Seals with the sealer's newest key, opens with any that it holds.
  public init(_ sealer: Sealer) { self.sealer = sealer }

  /// Where a sealed column lies.
  public enum Column: Sendable {
    case jobInput, jobResult, jobError, stepInput, stepOutput, stepError
    /// Text of a running turn; see ``SealedContent/row(of:run:offset:)``.
    case eventText
    /// Why an attempt failed, in the same column, at the offset 0 of its run.
    case eventFailure
    /// Text of a running turn on its way through the broker.
    case replyText
    /// What the jobs of a schedule get.
    case scheduleInput
    /// What the callback job of a batch gets.
    case batchInput
    /// What came with a signal.
    case signal
    /// Where a webhook goes, and what its requests are signed with.
    case webhookURL, webhookSecret

    fileprivate var name: StaticString {
      switch self {
      case .jobInput: "jobs.input"
      case .jobResult: "jobs.result"
      case .jobError: "jobs.error"
      case .stepInput: "steps.input"
      case .stepOutput: "steps.output"
      case .stepError: "steps.error"
      case .eventText: "events.content"
      case .eventFailure: "events.content.failure"
      case .replyText: "replies.text"
      case .scheduleInput: "schedules.input"
      case .batchInput: "batches.callback_input"
      case .signal: "signals.content"
      case .webhookURL: "webhooks.url"
      case .webhookSecret: "webhook_secrets.secret"
      }
    }
  }

  /// Seals a value for one column of one row.
  ///
  /// - Throws: `CryptoKitError`, which only a broken key can cause.
  public func seal(_ value: JSONValue, _ column: Column, row: UUID) throws -> Sealed {
    try sealer.seal(value.json, in: SealedCell(column.name, row: row))
  }

  /// Opens what ``seal(_:_:row:)`` gave for the same column and row.
  ///
  /// - Throws: `SealError`; a decoding error when the content is no JSON.
  public func open(_ bytes: [UInt8], _ column: Column, row: UUID) throws -> JSONValue {
    let json = try sealer.open(Sealed(bytes: bytes), in: SealedCell(column.name, row: row))
    return try JSONValue(json: json)
  }

  /// The place of a piece of a turn's text: it opens as nothing but that piece of that run.
  ///
  /// - Parameters:
  ///   - run: 0 to what an Int32 holds, as is `offset`; in bytes.
  public static func row(of step: StepID, run: Int, offset: Int) -> UUID {
    var bytes = step.uuid.uuid
    withUnsafeMutableBytes(of: &bytes) { bytes in
      for index in 0..<4 {
        bytes[8 + index] ^= UInt8(truncatingIfNeeded: run >> (8 * index))
        bytes[12 + index] ^= UInt8(truncatingIfNeeded: offset >> (8 * index))
      }
    }
    return UUID(uuid: bytes)
  }

  /// Seals text, without the overhead of JSON.
  ///
  /// - Parameter text: UTF-8.
  /// - Throws: As ``seal(_:_:row:)``.
  public func seal(text: [UInt8], _ column: Column, row: UUID) throws -> Sealed {
    try sealer.seal(text, in: SealedCell(column.name, row: row))
  }

  /// Opens what ``seal(text:_:row:)`` gave for the same column and row.
  ///
  /// - Throws: `SealError`.
  public func openText(_ bytes: [UInt8], _ column: Column, row: UUID) throws -> [UInt8] {
    try sealer.open(Sealed(bytes: bytes), in: SealedCell(column.name, row: row))
  }

  /// Opens a nullable column.
  public func openIfPresent(
    _ bytes: [UInt8]?, _ column: Column, row: UUID
  ) throws -> JSONValue? {
    try bytes.map { try open($0, column, row: row) }
  }
}
