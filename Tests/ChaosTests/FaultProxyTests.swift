import Foundation
import TestSupport
import Testing

/// A client and an echo server in this process, with a proxy between them.
@Suite(.timeLimit(.minutes(1))) struct FaultProxyTests {
  @Test func passesBytesBothWaysUnchanged() throws {
    try withEcho { proxy, client in
      let sent = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      client.send(sent)
      #expect(client.receive(sent.count) == sent)
      #expect(proxy.counts.connections == 1 && proxy.counts.broken == 0)
    }
  }

  @Test func latencyDelaysButLosesNothing() throws {
    try withEcho { proxy, client in
      proxy.set(.latency(.milliseconds(150)))
      let began = ContinuousClock.now
      client.send([1, 2, 3])
      #expect(client.receive(3) == [1, 2, 3])
      #expect(ContinuousClock.now - began >= .milliseconds(300))
    }
  }

  @Test func aThrottledDirectionPassesItsBytesASecond() throws {
    try withEcho { proxy, client in
      client.send([0])
      #expect(client.receive(1) == [0])
      proxy.set(.throttle(bytesPerSecond: 20), .down)
      let began = ContinuousClock.now
      client.send(Array(repeating: 7, count: 30))
      #expect(client.receive(30).count == 30)
      #expect(ContinuousClock.now - began >= .milliseconds(400))
    }
  }

  @Test func aBlackHoleKeepsItsConnectionsForEverAndSparesLaterOnes() throws {
    try withEcho { proxy, client in
      proxy.set(.blackHole)
      client.send([1])
      #expect(client.receive(1, within: 200) == [])
      proxy.set(.none)
      client.send([2])
      #expect(client.receive(1, within: 200) == [])
      #expect(!client.isClosed && proxy.counts.swallowed == 1)
      let other = TestSocket(to: proxy.port)
      other.send([3])
      #expect(other.receive(1) == [3])
    }
  }

  @Test func aStallHoldsBytesBackUntilItIsLifted() throws {
    try withEcho { proxy, client in
      proxy.set(.stall)
      client.send([1])
      #expect(client.receive(1, within: 200) == [])
      proxy.set(.none)
      #expect(client.receive(1) == [1])
    }
  }

  @Test func aResetShowsAsOneToTheClient() throws {
    try withEcho { proxy, client in
      proxy.set(.reset, .up)
      client.send([1])
      #expect(client.receive(1) == [] && client.lastError == ECONNRESET)
      #expect(proxy.counts.broken == 1)
    }
  }

  @Test func aCutLetsAsManyBytesThroughAsItSays() throws {
    try withEcho { proxy, client in
      proxy.set(.cut(afterBytes: 5), .down)
      client.send(Array(0..<10))
      #expect(client.receive(10) == [0, 1, 2, 3, 4])
      #expect(client.isClosed && proxy.counts.broken == 1)
    }
  }

  @Test func endingClosesConnectionsAndPort() throws {
    try withEcho { proxy, client in
      client.send([1])
      #expect(client.receive(1) == [1])
      proxy.end()
      #expect(client.receive(1) == [] && client.lastError != EAGAIN)
    }
  }

  private func withEcho(_ body: (FaultProxy, TestSocket) throws -> Void) throws {
    let server = try EchoServer()
    defer { server.end() }
    let proxy = try FaultProxy(to: server.port)
    defer { proxy.end() }
    try body(proxy, TestSocket(to: proxy.port))
  }
}
