import Jobs

/// A pause as the API shows it.
struct PauseView: Sendable {
  let document: JSONValue
  /// Such as `pool:agent.main`.
  let key: String
  let reason: String
  /// Who paused it.
  let owner: String
  /// RFC 3339.
  let since: String?
  /// RFC 3339; `nil` when somebody has to resume it.
  let until: String?
  /// Steps that were about to start.
  let held: Int64

  /// - Throws: ``CommandError`` when the document is no pause.
  init(_ document: JSONValue) throws {
    guard let key = document["key"]?.text, let reason = document["reason"]?.text else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.key = key
    self.reason = reason
    owner = document["owner"]?.text ?? "?"
    since = document["since"]?.text
    until = document["until"]?.text
    held = document["held"]?.int ?? 0
  }
}
