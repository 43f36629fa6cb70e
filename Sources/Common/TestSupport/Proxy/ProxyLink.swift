import Glibc

/// One connection through a ``FaultProxy``: two sockets, and what is on its way between them.
struct ProxyLink {
  typealias Instant = ContinuousClock.Instant

  /// What shall become of a link.
  enum Fate { case goesOn, close, reset }

  /// One direction.
  private struct Way {
    let source: Int32
    let target: Int32
    var chunks: [(due: Instant, bytes: ArraySlice<UInt8>)] = []
    /// Bytes in `chunks`.
    var waiting = 0
    var isSwallowed = false
    /// The source has ended; the target hears of it when all is sent.
    var isEnded = false
    /// Bytes passed since the fault in force was set.
    var passed = 0
    var faultNumber = 0
    var lastSend = Instant.now
  }

  private var ways: [LinkDirection: Way]
  private var tap: PostgresTap?
  /// Bytes of an answer that are kept back until it is whole.
  private var held: [UInt8] = []

  init(client: Int32, server: Int32, tap: PostgresTap?) {
    ways = [
      .up: Way(source: client, target: server), .down: Way(source: server, target: client),
    ]
    self.tap = tap
  }

  /// Whether anybody on it has met a black hole.
  var isSwallowed: Bool { ways.values.contains(where: \.isSwallowed) }

  /// What poll(2) shall wait for.
  func wishes(_ faults: [LinkDirection: LinkFault]) -> [pollfd] {
    LinkDirection.allCases.compactMap { direction in
      guard let way = ways[direction] else { return nil }
      var events: Int32 = 0
      let isFull = way.waiting > 1 << 18
      if !way.isEnded, !isFull, faults[direction] != .stall { events |= Int32(POLLIN) }
      // Without a wish it is left out: what has ended would be reported for ever.
      return events == 0 ? nil : pollfd(fd: way.source, events: Int16(events), revents: 0)
    }
  }

  /// When something that is kept back is due; `nil` when nothing is.
  func nextDue(_ faults: [LinkDirection: LinkFault], now: Instant) -> Instant? {
    LinkDirection.allCases.compactMap { direction -> Instant? in
      guard let way = ways[direction], let first = way.chunks.first else { return nil }
      if case .throttle = faults[direction] { return now + .milliseconds(50) }
      // A target that takes nothing is asked again soon.
      return max(first.due, now + .milliseconds(2))
    }.min()
  }

  /// Reads and writes what can be, under the faults.
  ///
  /// - Parameter cuts: Asked for each write whose answer is whole whether to cut it off.
  mutating func pump(
    _ faults: [LinkDirection: (fault: LinkFault, number: Int)], readable: Set<Int32>,
    buffer: inout [UInt8], cuts: (PostgresWrite) -> Bool
  ) -> Fate {
    for direction in LinkDirection.allCases {
      guard let (fault, number) = faults[direction] else { continue }
      begin(direction, number)
      if case .blackHole = fault { ways[direction]?.isSwallowed = true }
      let fate = read(direction, fault, readable, &buffer, cuts)
      if fate != .goesOn { return fate }
      if flush(direction, fault) == .close { return .close }
    }
    return isOver ? .close : .goesOn
  }

  /// Closes both sides.
  func close(resetting: Bool) {
    for way in ways.values {
      if resetting { ProxySocket.reset(way.source) } else { Glibc.close(way.source) }
    }
  }

  private var isOver: Bool {
    let isSwallowed = isSwallowed
    return ways.values.allSatisfy { isSwallowed ? $0.isEnded : $0.isEnded && $0.chunks.isEmpty }
      || !isSwallowed && ways.values.contains { $0.isEnded && $0.chunks.isEmpty }
  }

  private mutating func begin(_ direction: LinkDirection, _ number: Int) {
    guard ways[direction]?.faultNumber != number else { return }
    ways[direction]?.faultNumber = number
    ways[direction]?.passed = 0
  }

  private mutating func read(
    _ direction: LinkDirection, _ fault: LinkFault, _ readable: Set<Int32>,
    _ buffer: inout [UInt8], _ cuts: (PostgresWrite) -> Bool
  ) -> Fate {
    guard let way = ways[direction], !way.isEnded, readable.contains(way.source) else {
      return .goesOn
    }
    guard let bytes = ProxySocket.read(way.source, into: &buffer) else {
      ways[direction]?.isEnded = true
      return .goesOn
    }
    if bytes.isEmpty { return .goesOn }
    if fault == .reset { return .reset }
    guard let passing = tapped(bytes, direction, cuts) else { return .reset }
    if way.isSwallowed || passing.isEmpty { return .goesOn }
    var due = Instant.now
    if case .latency(let delay) = fault { due += delay }
    ways[direction]?.chunks.append((due, passing[...]))
    ways[direction]?.waiting += passing.count
    return .goesOn
  }

  /// What of the bytes may go on; `nil` when the link is to be cut instead.
  private mutating func tapped(
    _ bytes: [UInt8], _ direction: LinkDirection, _ cuts: (PostgresWrite) -> Bool
  ) -> [UInt8]? {
    guard tap != nil else { return bytes }
    guard direction == .down else {
      tap?.sent(bytes)
      return bytes
    }
    held += bytes
    if let committed = tap?.answered(bytes), cuts(committed) { return nil }
    guard tap?.isAwaitingWrite != true else { return [] }
    defer { held = [] }
    return held
  }

  private mutating func flush(_ direction: LinkDirection, _ fault: LinkFault) -> Fate {
    guard var way = ways[direction] else { return .goesOn }
    defer { ways[direction] = way }
    let now = Instant.now
    var room = Int.max
    if case .throttle(let rate) = fault {
      let elapsed = min(1000, Int((now - way.lastSend) / .milliseconds(1)))
      room = elapsed * max(1, rate) / 1000
      if room == 0 { return .goesOn }
    }
    way.lastSend = now
    if case .cut(let limit) = fault { room = max(0, limit - way.passed) }
    while let first = way.chunks.first, first.due <= now, room > 0 {
      let part = first.bytes.prefix(room)
      guard let count = ProxySocket.write(way.target, part) else { return .close }
      if count == 0 { break }
      way.passed += count
      way.waiting -= count
      room -= count
      way.chunks[0].bytes = first.bytes.dropFirst(count)
      if way.chunks[0].bytes.isEmpty { way.chunks.removeFirst() }
    }
    if case .cut(let limit) = fault, way.passed >= limit, !way.chunks.isEmpty { return .close }
    return .goesOn
  }
}
