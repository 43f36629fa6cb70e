import Foundation

/// TCP on 127.0.0.1.
enum Loopback {
  /// A close-on-exec socket that connects or sends for at most 100 ms; -1 where there is no more.
  static func socket() -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let descriptor = Foundation.socket(AF_INET, Int32(type), 0)
    var limit = timeval(tv_sec: 0, tv_usec: 100_000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return descriptor
  }

  /// Calls `body` with the address 127.0.0.1:`port`.
  static func withAddress<Result>(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// Asks a port of 127.0.0.1 again and again, without waiting for the answer, whether a broker answers there.
struct BrokerProbe: ~Copyable {
  private let port: UInt16
  private var descriptor: Int32 = -1

  init(port: UInt16) { self.port = port }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// True once the broker answered the protocol header (AMQP 0-9-1, 4.2.2) with a frame or with its own.
  mutating func answers() -> Bool {
    if descriptor < 0 { connectAndAsk() }
    guard descriptor >= 0 else { return false }
    var first: UInt8 = 0
    let count = recv(descriptor, &first, 1, Int32(MSG_DONTWAIT))
    if count == 1 { return first == 1 || first == UInt8(ascii: "A") }
    if count < 0 && errno == EAGAIN { return false }
    close(descriptor)
    descriptor = -1
    return false
  }

  private mutating func connectAndAsk() {
    descriptor = Loopback.socket()
    let header = Array("AMQP".utf8) + [0, 0, 9, 1]
    // On the loopback it succeeds or fails at once, unless the listener's backlog is full.
    let connected = Loopback.withAddress(port) { connect(descriptor, $0, $1) == 0 }
    if connected, send(descriptor, header, header.count, Int32(MSG_NOSIGNAL)) == 8 { return }
    close(descriptor)
    descriptor = -1
  }
}
