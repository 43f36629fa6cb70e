import AMQP
import Glibc
import Synchronization

/// A TCP proxy before the broker that tests can cut, freeze and speak through.
final class Proxy: Sendable {
  private struct State {
    var pairs: [(client: Int32, server: Int32)] = []
    var isFrozen = false
    var cutsNext = false
    var isOver = false
  }

  let port: UInt16
  private let listener: Int32
  private let upstream: UInt16
  private let state = Mutex(State())

  init(upstream: UInt16) throws {
    self.upstream = upstream
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = Self.loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) == 0 && listen(listener, 16) == 0
          && getsockname(listener, $0, &size) == 0
      }
    }
    guard isBound else { throw AMQPError(.connectFailed, "the proxy cannot listen") }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    start { proxy in proxy.serve() }
  }

  /// Ends all connections, as a broken network would.
  func cut() {
    state.withLock { state in
      for pair in state.pairs {
        shutdown(pair.client, Int32(SHUT_RDWR))
        shutdown(pair.server, Int32(SHUT_RDWR))
      }
      state.pairs = []
    }
  }

  /// Loses the next bytes that a client sends, and its connection with them.
  func cutOnNextBytes() { state.withLock { $0.cutsNext = true } }

  /// Takes no bytes any more, in either direction, and keeps the connections open.
  func freeze() { state.withLock { $0.isFrozen = true } }

  /// Passes bytes again.
  func thaw() { state.withLock { $0.isFrozen = false } }

  /// Speaks to all clients in the broker's name; only while the broker is silent.
  func say(_ bytes: [UInt8]) {
    state.withLock { state in
      for pair in state.pairs { _ = send(pair.client, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
    }
  }

  /// Ends the proxy; the port refuses from then on.
  func end() {
    state.withLock { $0.isOver = true }
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    cut()
  }

  private func serve() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { return }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = Self.loopback(upstream)
      let isConnected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      guard isConnected else {
        close(client)
        close(server)
        continue
      }
      state.withLock { $0.pairs.append((client, server)) }
      start { proxy in proxy.pump(client, server) }
    }
  }

  private func pump(_ client: Int32, _ server: Int32) {
    var descriptors = [
      pollfd(fd: client, events: Int16(POLLIN), revents: 0),
      pollfd(fd: server, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !state.withLock({ $0.isOver }) {
      if state.withLock({ $0.isFrozen }) {
        _ = poll(nil, 0, 10)
        continue
      }
      guard poll(&descriptors, 2, 50) > 0 else { continue }
      for (source, target) in [(0, 1), (1, 0)] where descriptors[source].revents != 0 {
        let count = recv(descriptors[source].fd, &buffer, buffer.count, 0)
        guard count > 0, source == 1 || !takesCut(),
          send(descriptors[target].fd, buffer, count, Int32(MSG_NOSIGNAL)) > 0
        else { return finish(client, server) }
      }
    }
    finish(client, server)
  }

  private func takesCut() -> Bool {
    state.withLock { state in
      defer { state.cutsNext = false }
      return state.cutsNext
    }
  }

  private func finish(_ client: Int32, _ server: Int32) {
    state.withLock { $0.pairs.removeAll { $0.client == client } }
    close(client)
    close(server)
  }

  private func start(_ work: @escaping @Sendable (Proxy) -> Void) {
    let argument = Unmanaged.passRetained(ThreadWork(proxy: self, work: work)).toOpaque()
    var thread = pthread_t()
    pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let box = Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue()
        box.work(box.proxy)
        return nil
      }, argument)
    pthread_detach(thread)
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}

private final class ThreadWork: Sendable {
  let proxy: Proxy
  let work: @Sendable (Proxy) -> Void

  init(proxy: Proxy, work: @escaping @Sendable (Proxy) -> Void) {
    self.proxy = proxy
    self.work = work
  }
}

/// A proxy before the tests' broker, and the configuration that goes through it.
func withProxy(_ body: (Proxy, AMQPConfiguration) async throws -> Void) async throws {
  var configuration = try Broker.configuration()
  let proxy = try Proxy(upstream: configuration.port)
  defer { proxy.end() }
  configuration.host = "127.0.0.1"
  configuration.port = proxy.port
  try await body(proxy, configuration)
}
