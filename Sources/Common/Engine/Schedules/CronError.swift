/// Why a text is no cron expression that OpenClaw takes.
///
/// The message is meant for the user who wrote it: it names the field, quotes the part that is
/// wrong, which is printable ASCII then, and says what is allowed.
public struct CronError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Code: String, Sendable, CaseIterable {
    /// More than 512 bytes.
    case tooLong = "too_long"
    /// A byte that is neither printable ASCII nor a tab.
    case badCharacter = "bad_character"
    /// Not five fields.
    case fieldCount = "field_count"
    /// A word with `@` that stands for no expression.
    case unknownAlias = "unknown_alias"
    /// A part of a field that is none of the forms.
    case syntax
    /// A number or a name that the field does not have.
    case outOfRange = "out_of_range"
    /// A range that ends before it starts.
    case emptyRange = "empty_range"
    /// A step of zero, or one that is longer than the field.
    case badStep = "bad_step"
    /// Days that none of the months has.
    case neverFires = "never_fires"
    /// No time zone has the name.
    case unknownTimeZone = "unknown_time_zone"
  }

  /// What kind of failure it is.
  public let code: Code
  /// The field that is wrong; `nil` when it is the whole.
  public let field: CronField?
  /// What is wrong and what is allowed, in whole sentences.
  public let message: String

  /// The message.
  public var description: String { message }

  init(_ code: Code, in field: CronField? = nil, _ message: String) {
    self.code = code
    self.field = field
    guard let field else {
      self.message = message
      return
    }
    self.message = "The \(field.rawValue) \(message) Allowed are \(field.allowed)."
  }
}
