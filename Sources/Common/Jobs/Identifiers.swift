public import FoundationEssentials

/// A UUID that only fits where its kind is expected. Ids that OpenClaw makes are UUIDv7.
public struct Identifier<Kind: Sendable>: Hashable, Sendable, Comparable {
  /// Of version 7 if OpenClaw made it; else whatever was parsed or read.
  public let uuid: UUID

  /// Takes any UUID, of any version.
  public init(_ uuid: UUID) { self.uuid = uuid }

  /// A new UUIDv7 (RFC 9562, section 5.7): sorts by creation time.
  public init() { uuid = UUID.version7() }

  /// Parses the canonical text form, in either case.
  ///
  /// - Returns: `nil` for anything but 8-4-4-4-12 hexadecimal digits.
  public init?(_ text: some StringProtocol) {
    guard text.utf8.count == 36, let uuid = UUID(uuidString: String(text)) else { return nil }
    self.uuid = uuid
  }

  /// Orders by bytes, as PostgreSQL does: UUIDv7 by the time of creation.
  public static func < (left: Self, right: Self) -> Bool {
    withUnsafeBytes(of: left.uuid.uuid) { left in
      withUnsafeBytes(of: right.uuid.uuid) { right in
        left.lexicographicallyPrecedes(right)
      }
    }
  }
}

extension Identifier: CustomStringConvertible {
  /// The canonical text form in lower case.
  public var description: String {
    String(unsafeUninitializedCapacity: 36) { text in
      var place = 0
      withUnsafeBytes(of: uuid.uuid) { bytes in
        for (index, byte) in bytes.enumerated() {
          if index == 4 || index == 6 || index == 8 || index == 10 {
            text[place] = UInt8(ascii: "-")
            place += 1
          }
          text[place] = Self.digit(byte >> 4)
          text[place + 1] = Self.digit(byte & 0xF)
          place += 2
        }
      }
      return place
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

/// Names the kind of a ``JobID``.
public enum JobKind: Sendable {}
/// Names the kind of a ``StepID``.
public enum StepKindTag: Sendable {}
/// Names the kind of a ``ClaimID``.
public enum ClaimKind: Sendable {}
/// Names the kind of a ``UserID``.
public enum UserKind: Sendable {}
/// Names the kind of a ``TokenID``.
public enum TokenKind: Sendable {}
/// Names the kind of a ``WorkerID``.
public enum WorkerKind: Sendable {}
/// Names the kind of a ``SignalID``.
public enum SignalKind: Sendable {}

/// One accepted job; a greater id is a later job.
public typealias JobID = Identifier<JobKind>
/// One step of a job, the same over all its attempts.
public typealias StepID = Identifier<StepKindTag>
/// The right to run a step now: the fence of everything its holder writes.
public typealias ClaimID = Identifier<ClaimKind>
/// The owner of jobs and tokens; one who is disabled keeps it.
public typealias UserID = Identifier<UserKind>
/// Names an API token without being its secret; safe to log.
public typealias TokenID = Identifier<TokenKind>
/// One start of one worker process.
public typealias WorkerID = Identifier<WorkerKind>
/// One signal that was sent to a job.
public typealias SignalID = Identifier<SignalKind>

extension UUID {
  /// Unix milliseconds in the first 48 bits, random elsewhere (RFC 9562, section 5.7).
  static func version7() -> UUID {
    let milliseconds = UInt64(max(0, Date().timeIntervalSince1970) * 1000)
    var generator = SystemRandomNumberGenerator()
    var low = generator.next()
    let random = generator.next()
    low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let high = milliseconds << 16 | 0x7000 | random & 0x0FFF
    var bytes = zero.uuid
    withUnsafeMutableBytes(of: &bytes) { buffer in
      buffer.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
      buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    return UUID(uuid: bytes)
  }

  private static var zero: UUID {
    UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
  }
}
