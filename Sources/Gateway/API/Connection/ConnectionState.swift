import HTTPTypes

/// What one connection is doing, as a value that decides: when to ask for a body, when to add
/// `Connection: close`, when to stop listening.
struct ConnectionState {
  /// What to do with a part that the client sent.
  enum Inbound: Equatable {
    case forward
    case discard
    /// The last request's end came although its answer is out: nothing is left to wait for.
    case close
  }

  /// Requests whose head has come and whose answer is not complete.
  private(set) var open = 0
  /// Whether the newest request's end has not come yet.
  private(set) var isReading = false
  /// Whether an answer's head is out and its end is not.
  private(set) var isAnswering = false
  /// Whether the next complete answer ends the connection.
  private var closesAfterAnswer = false
  /// Whether the last answer is out.
  private(set) var isDone = false

  mutating func receivedHead(_ head: HTTPRequest) -> Inbound {
    guard !isDone else { return .discard }
    open += 1
    isReading = true
    // After an Upgrade or CONNECT the HTTP parser stops, so no further request would be heard.
    let options = head.headerFields[values: .connection].flatMap { $0.split(separator: ",") }
    if options.contains(where: { $0.lowercased().contains("close") })
      || head.headerFields[.upgrade] != nil || head.method == .connect
    {
      closesAfterAnswer = true
    }
    return .forward
  }

  mutating func receivedBody() -> Inbound { isDone ? .discard : .forward }

  mutating func receivedEnd() -> Inbound {
    isReading = false
    return isDone ? .close : .forward
  }

  /// The stream of requests is broken: what comes after it means nothing.
  mutating func failed() { closesAfterAnswer = true }

  /// An answer begins.
  ///
  /// - Returns: Whether it must say `Connection: close`; `nil` when it must not go out at all.
  mutating func answerBegins() -> Bool? {
    guard !isDone else { return nil }
    isAnswering = true
    // Who is answered early may go on sending for long; nobody will read it.
    if isReading, open <= 1 { closesAfterAnswer = true }
    return closesAfterAnswer && open <= 1
  }

  /// An answer is complete.
  ///
  /// - Returns: Whether the connection is over.
  mutating func answerEnded() -> Bool {
    isAnswering = false
    open = max(0, open - 1)
    isDone = closesAfterAnswer && open == 0
    return isDone
  }
}
