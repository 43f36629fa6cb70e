/// The one way for a command to fail.
///
/// In the formats for people it becomes `error: message` and the hint on standard error, in the
/// others `{"ok":false,"error":{"type","message"}}` on standard output, with `job` and
/// `idempotency_key` where there are such.
struct CommandError: Error, Sendable, Equatable {
  let status: ExitStatus
  /// A word that scripts may rely on, such as `not_found`.
  let type: String
  /// One sentence without a secret; what a server said is shown with its escapes neutralized.
  let message: String
  /// What to do about it; one advice a line.
  var hint: String?
  /// The job that it is about, for scripts.
  var job: String?
  /// Whether what was asked for may have been done nevertheless.
  var isInDoubt = false
  /// What the same command has to be given so that it goes on instead of beginning anew.
  var idempotencyKey: String?

  init(_ status: ExitStatus, type: String, _ message: String, hint: String? = nil) {
    self.status = status
    self.type = type
    self.message = message
    self.hint = hint
  }

  /// A mistake in the command line that only shows when it runs.
  static func usage(_ message: String, hint: String? = nil) -> CommandError {
    CommandError(.usage, type: "usage", message, hint: hint)
  }

  /// The user pressed Ctrl-C, or the task was cancelled.
  static let interrupted = CommandError(.interrupted, type: "interrupted", "interrupted")

  /// The same error with another hint.
  func hinting(_ hint: String) -> CommandError {
    var error = self
    error.hint = hint
    return error
  }

  /// The same error with one more hint, before those that it has.
  func alsoHinting(_ hint: String) -> CommandError {
    hinting([hint, self.hint].compactMap(\.self).joined(separator: "\n"))
  }

  /// The same error with a key under which the command may be given again.
  ///
  /// - Parameter state: What has become of it so far, as the beginning of a sentence.
  func keeping(_ key: String, _ state: String) -> CommandError {
    var error = alsoHinting("\(state): repeat with --idempotency-key \(key)")
    error.idempotencyKey = key
    return error
  }

  /// The same error with the id of a job that goes on.
  func about(_ job: some CustomStringConvertible) -> CommandError {
    var error = self
    error.job = "\(job)"
    return error
  }
}
