/// Decides what the reader of an answer gets, and when its transfer has to pause.
struct ResponseFlow {
  /// From this many unread bytes on the transfer pauses.
  static let highWater = 256 << 10

  private var head: ResponseHead?
  private var waiting: [UInt8] = []
  private var isPaused = false
  /// What a reader gets that reads on although it wanted no more; `nil` until then.
  private var abandonment: HTTPError?
  private var end: Result<Void, HTTPError>?

  /// The head of the answer has come.
  mutating func begin(_ head: ResponseHead) { self.head = head }

  /// Whether more of the body may be added; the transfer must pause when not.
  mutating func makesRoom() -> Bool {
    isPaused = waiting.count >= Self.highWater
    return !isPaused
  }

  /// The next bytes of the body have come.
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    // A reader that has gone still has its transfer for a moment.
    if abandonment == nil { waiting.append(contentsOf: bytes) }
  }

  /// The transfer is over; only the first end counts.
  mutating func finish(_ outcome: Result<Void, HTTPError>) {
    isPaused = false
    guard end == nil else { return }
    // A whole answer may come just as its reader goes: it is not told of one that it did not get.
    if case .success = outcome, let abandonment {
      end = .failure(abandonment)
    } else {
      end = outcome
    }
  }

  /// - Returns: `nil` while the reader has to wait.
  func readHead() -> Result<ResponseHead, HTTPError>? {
    if let head, abandonment == nil { return .success(head) }
    guard case .failure(let error)? = end else { return nil }
    return .failure(error)
  }

  /// What has come before a failure is read first.
  ///
  /// - Returns: `nil` while the reader has to wait; bytes are `nil` when the body is whole.
  mutating func readBytes() -> Result<[UInt8]?, HTTPError>? {
    guard waiting.isEmpty else {
      defer { waiting = [] }
      return .success(waiting)
    }
    return end.map { $0.map { nil } }
  }

  /// Whether the paused transfer may go on now; says so once.
  mutating func takeResumption() -> Bool {
    guard isPaused, waiting.isEmpty else { return false }
    isPaused = false
    return true
  }

  /// The reader wants no more.
  ///
  /// - Parameter error: What it gets if it reads on all the same after a whole answer.
  /// - Returns: Whether there is a transfer to end, which then says how it ended.
  mutating func abandon(_ error: HTTPError) -> Bool {
    let wasAbandoned = abandonment != nil
    abandonment = abandonment ?? error
    if case .success? = end { end = .failure(error) }
    waiting = []
    return end == nil && !wasAbandoned
  }
}
