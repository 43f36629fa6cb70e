import Glibc
import Synchronization

/// What a proxy's thread does: waits for its sockets, and moves bytes as the faults allow.
struct ProxyLoop {
  private let proxy: FaultProxy
  private let listener: Int32
  private let waker: Int32
  private var links: [ProxyLink] = []
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(proxy: FaultProxy, listener: Int32, waker: Int32) {
    self.proxy = proxy
    self.listener = listener
    self.waker = waker
  }

  mutating func run() {
    while true {
      let (faults, number, breaks, isOver) = proxy.state.withLock { state in
        defer { state.breaks = false }
        return (state.faults, state.number, state.breaks, state.isOver)
      }
      if breaks || isOver { endAll() }
      if isOver { break }
      // Woken: what came may have been sent after a fault was set that is not known here yet.
      guard let readable = wait(faults) else { continue }
      acceptAll(readable)
      var rest: [ProxyLink] = []
      for var link in links {
        let fate = pump(&link, faults, number, readable)
        if fate == .goesOn { rest.append(link) } else { link.close(resetting: fate == .reset) }
      }
      links = rest
    }
    close(listener)
    close(waker)
  }

  private mutating func pump(
    _ link: inout ProxyLink, _ faults: [LinkDirection: LinkFault], _ number: Int,
    _ readable: Set<Int32>
  ) -> ProxyLink.Fate {
    let wasSwallowed = link.isSwallowed
    let fate = link.pump(
      faults.mapValues { ($0, number) }, readable: readable, buffer: &buffer, cuts: cuts)
    proxy.state.withLock { state in
      if link.isSwallowed, !wasSwallowed { state.counts.swallowed += 1 }
      let isCut = faults.values.contains { if case .cut = $0 { true } else { false } }
      if fate == .reset || fate == .close && isCut { state.counts.broken += 1 }
    }
    return fate
  }

  private func cuts(_ write: PostgresWrite) -> Bool {
    proxy.state.withLock { state in
      guard let every = state.cutsCommitsEvery[write] else { return false }
      state.commits[write, default: 0] += 1
      guard (state.commits[write] ?? 0) % max(1, every) == 0 else { return false }
      state.counts.cutCommits[write, default: 0] += 1
      return true
    }
  }

  private mutating func endAll() {
    for link in links { link.close(resetting: true) }
    proxy.state.withLock { [count = links.count] in $0.counts.broken += count }
    links = []
  }

  /// The descriptors with something to read; `nil` when the state has changed.
  private mutating func wait(_ faults: [LinkDirection: LinkFault]) -> Set<Int32>? {
    var wishes = [listener, waker].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    for link in links { wishes += link.wishes(faults) }
    let now = ContinuousClock.now
    let due = links.compactMap { $0.nextDue(faults, now: now) }.min()
    let timeout = due.map { Int32(($0 - now) / .milliseconds(1)).clamped } ?? 1000
    guard poll(&wishes, nfds_t(wishes.count), timeout) > 0 else { return [] }
    let ready = Set(wishes.lazy.filter { $0.revents != 0 }.map(\.fd))
    guard ready.contains(waker) else { return ready }
    while recv(waker, &buffer, buffer.count, 0) > 0 {}
    return nil
  }

  private mutating func acceptAll(_ readable: Set<Int32>) {
    guard readable.contains(listener) else { return }
    while let client = ProxySocket.accept(from: listener) {
      let server = ProxySocket.connect(to: proxy.upstream)
      let tap = proxy.followsPostgres ? PostgresTap() : nil
      links.append(ProxyLink(client: client, server: server, tap: tap))
      proxy.state.withLock { $0.counts.connections += 1 }
    }
  }
}

extension Int32 {
  /// Between 1 and 1000: a wait of poll(2) that is neither busy nor long.
  fileprivate var clamped: Int32 { Swift.min(Swift.max(self, 1), 1000) }
}
