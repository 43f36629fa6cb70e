import Jobs

/// A limit as the API shows it.
struct LimitView: Sendable {
  let document: JSONValue
  /// Such as `agent:main`.
  let key: String
  /// How many steps may run at once.
  let maximum: Int64
  let running: Int64
  /// How many wait for one of them to end.
  let held: Int64

  /// - Throws: ``CommandError`` when the document is no limit.
  init(_ document: JSONValue) throws {
    guard let key = document["key"]?.text, let maximum = document["maximum"]?.int else {
      throw CommandError.unexpectedAnswer
    }
    self.document = document
    self.key = key
    self.maximum = maximum
    running = document["running"]?.int ?? 0
    held = document["held"]?.int ?? 0
  }
}
