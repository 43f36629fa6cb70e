/// How much JSON ``JSONValue/parse(_:limits:)`` takes.
public struct JSONLimits: Sendable, Hashable {
  /// How deep arrays and objects may nest: `[]` is 1 deep. At most 512.
  public let maximumDepth: Int
  /// The most values and keys together.
  public let maximumNodes: Int
  /// Whether strings and keys may hold what harms others: U+0000 (written as `\u0000`), which a
  /// text of PostgreSQL cannot hold, and more than 30 combining marks in a row, over which Swift
  /// compares and hashes strings in quadratic time (a megabyte takes minutes).
  public let allowsAnyText: Bool

  /// For JSON that anyone may send; bound its bytes before.
  public init(
    maximumDepth: Int = 64, maximumNodes: Int = 200_000, allowsAnyText: Bool = false
  ) {
    // Comparing, writing and freeing a value recurse, so no caller may ask for any depth.
    self.maximumDepth = min(max(0, maximumDepth), 512)
    self.maximumNodes = maximumNodes
    self.allowsAnyText = allowsAnyText
  }

  /// For JSON that ``JSONValue/json`` wrote: whatever was within the default limits, and what
  /// OpenClaw has wrapped around it.
  public static let stored = JSONLimits(
    maximumDepth: 512, maximumNodes: 4_000_000, allowsAnyText: true)
}

/// Why bytes are no JSON that OpenClaw takes, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable, CaseIterable {
    /// A byte sequence that is no UTF-8, such as an overlong form or a raw surrogate.
    case invalidUTF8 = "invalid_utf8"
    /// U+0000, raw or as `\u0000`.
    case nulCharacter = "nul_character"
    /// `\uD800` to `\uDFFF` that is not half of a pair.
    case loneSurrogate = "lone_surrogate"
    /// More than 30 combining marks in a row, the limit of Unicode's Stream-Safe Text Format
    /// (UAX #15, section 13).
    case combiningRun = "combining_run"
    /// A key that its object already has: the same bytes after unescaping, or other bytes that
    /// Unicode calls canonically equivalent (`é` and `e` + U+0301), which a Swift dictionary
    /// cannot keep apart.
    case duplicateKey = "duplicate_key"
    /// More levels than ``JSONLimits/maximumDepth``.
    case tooDeep = "too_deep"
    /// More values than ``JSONLimits/maximumNodes``.
    case tooMany = "too_many"
    /// A number beyond what a double holds, a whole number beyond 64 bits, or over 1,024 digits.
    case numberOutOfRange = "number_out_of_range"
    /// Anything else that RFC 8259 does not allow.
    case syntax
  }

  /// What kind of failure it is.
  public let code: Code
  /// Where in the input, in bytes from 0; the input's length when its end came too early.
  public let offset: Int
  /// The value or key that was being read, as a JSON pointer (RFC 6901).
  public let pointer: String
  /// One sentence for people; quotes nothing of the input.
  public let message: String

  init(_ code: Code, offset: Int, pointer: String, message: String) {
    self.code = code
    self.offset = offset
    self.pointer = pointer
    self.message = message
  }

  /// The message and the offset.
  public var description: String { "\(message) (byte \(offset))" }
}
