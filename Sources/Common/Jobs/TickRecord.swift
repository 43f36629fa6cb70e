public import FoundationEssentials

/// Names the kind of a ``TickID``.
public enum TickKind: Sendable {}
/// One tick of a schedule, for a cursor: the microseconds since 1970 in the first eight bytes.
public typealias TickID = Identifier<TickKind>

/// What became of one tick of a schedule.
public struct TickRecord: Sendable, Hashable {
  /// When it was due.
  public let at: Date
  /// What became of it.
  public let outcome: TickOutcome
  /// The job that it has made; `nil` for none. It may be gone.
  public let job: JobID?
  /// When that was decided, and the job made.
  public let decidedAt: Date

  /// Takes one reading.
  public init(at: Date, outcome: TickOutcome, job: JobID?, decidedAt: Date) {
    self.at = at
    self.outcome = outcome
    self.job = job
    self.decidedAt = decidedAt
  }

  /// What a cursor names it by.
  public var id: TickID { TickID(at: at) }
}

extension Identifier<TickKind> {
  /// The tick that was due at a time.
  public init(at date: Date) {
    let microseconds = Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
    var bytes = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)).uuid
    withUnsafeMutableBytes(of: &bytes) {
      $0.storeBytes(of: microseconds.bigEndian, as: Int64.self)
    }
    self.init(UUID(uuid: bytes))
  }

  /// When the tick was due.
  public var date: Date {
    let microseconds = withUnsafeBytes(of: uuid.uuid) {
      Int64(bigEndian: $0.loadUnaligned(as: Int64.self))
    }
    return Date(timeIntervalSince1970: Double(microseconds) / 1_000_000)
  }
}
