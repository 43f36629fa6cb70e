/// Reads a `text/event-stream` byte by byte (WHATWG HTML, section 9.2.6), however it is cut.
///
/// Push what comes, then take events until there is none.
public struct ServerSentEventParser: Sendable {
  /// What a reconnecting client sends as `Last-Event-ID`; empty when the server gave none.
  public private(set) var lastEventID = ""
  /// The pause before a reconnection that the server asked for last.
  public private(set) var reconnectionTime: Duration?

  private let maximumEventBytes: Int
  private var events: [ServerSentEvent] = []
  // Events before it were taken.
  private var firstEvent = 0
  private var isOverflown = false
  private var isAtStart = true
  private var lastWasCR = false
  private var line: [UInt8] = []
  private var block = EventBlock()

  /// - Parameter maximumEventBytes: The most bytes that one event, or one line, may have.
  public init(maximumEventBytes: Int = 1 << 20) { self.maximumEventBytes = maximumEventBytes }

  /// Takes the next bytes of the stream; ignored once an event was too large.
  public mutating func push(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while !isOverflown, let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
      let isSecondOfCRLF = lastWasCR && end == rest.startIndex && rest[end] == 0x0A
      append(rest[..<end])
      lastWasCR = rest[end] == 0x0D
      rest = rest[(end + 1)...]
      if !isSecondOfCRLF && !isOverflown { endLine() }
    }
    guard !isOverflown, !rest.isEmpty else { return }
    lastWasCR = false
    append(rest)
  }

  /// Takes the next event out.
  ///
  /// - Returns: `nil` until more bytes are pushed. An event is whole at its blank line only.
  /// - Throws: ``HTTPError`` with `eventTooLarge`, after the events before that one.
  public mutating func next() throws(HTTPError) -> ServerSentEvent? {
    guard firstEvent < events.count else {
      events.removeAll(keepingCapacity: true)
      firstEvent = 0
      guard !isOverflown else {
        throw HTTPError(
          .eventTooLarge, "an event has more than \(maximumEventBytes) bytes", isInDoubt: true)
      }
      return nil
    }
    defer { firstEvent += 1 }
    return events[firstEvent]
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count <= maximumEventBytes - line.count - block.byteCount else {
      isOverflown = true
      return
    }
    line += bytes
  }

  private mutating func endLine() {
    defer { line.removeAll(keepingCapacity: true) }
    if isAtStart {
      isAtStart = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard line.isEmpty else {
      block.take(line)
      reconnectionTime = block.retry ?? reconnectionTime
      return
    }
    lastEventID = block.id ?? lastEventID
    if let event = block.event(lastEventID: lastEventID) { events.append(event) }
    block = EventBlock()
  }
}

/// The fields since the last blank line.
private struct EventBlock {
  private(set) var id: String?
  private(set) var retry: Duration?
  private var type = ""
  private var data: [UInt8] = []

  /// What it keeps.
  var byteCount: Int { data.count + type.utf8.count + (id?.utf8.count ?? 0) }

  /// Takes a line that is not blank; comments and unknown fields mean nothing.
  mutating func take(_ line: [UInt8]) {
    let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
    var value = line[colon...].dropFirst()
    if value.first == 0x20 { value = value.dropFirst() }
    switch String(decoding: line[..<colon], as: UTF8.self) {
    case "data":
      data += value
      data.append(0x0A)
    case "event":
      type = String(decoding: value, as: UTF8.self)
    case "id" where !value.contains(0):
      id = String(decoding: value, as: UTF8.self)
    case "retry":
      retry = Self.milliseconds(value) ?? retry
    default:
      break
    }
  }

  /// - Returns: `nil` when there was no `data` field.
  func event(lastEventID: String) -> ServerSentEvent? {
    guard !data.isEmpty else { return nil }
    return ServerSentEvent(
      event: type.isEmpty ? "message" : type,
      data: String(decoding: data.dropLast(), as: UTF8.self),
      id: lastEventID.isEmpty ? nil : lastEventID, retry: retry)
  }

  /// ASCII digits alone; a number that no clock holds is no number.
  private static func milliseconds(_ digits: ArraySlice<UInt8>) -> Duration? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt32(String(decoding: digits, as: UTF8.self)).map { .milliseconds($0) }
  }
}
