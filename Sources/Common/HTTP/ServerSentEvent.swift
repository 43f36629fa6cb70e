/// One event of a `text/event-stream` (WHATWG HTML, section 9.2).
public struct ServerSentEvent: Sendable, Hashable {
  /// Its type: `message` when the server named none.
  public let event: String
  /// The `data` lines, joined by a line feed; what is not UTF-8 is repaired.
  public let data: String
  /// The last event ID in force, which an event without one inherits; `nil` when there is none.
  public let id: String?
  /// The reconnection time that came with this event.
  public let retry: Duration?

  /// An event as a parser would give it, for tests of what reads one.
  public init(event: String = "message", data: String, id: String? = nil, retry: Duration? = nil) {
    self.event = event
    self.data = data
    self.id = id
    self.retry = retry
  }
}

extension ServerSentEvent: CustomStringConvertible {
  /// Type and size; never the data, which may hold what a user wrote.
  public var description: String { "\(event), \(data.utf8.count) bytes" }
}

extension ServerSentEvent: CustomReflectable {
  /// Empty, so that `dump` shows no data.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
