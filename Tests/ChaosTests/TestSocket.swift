import Foundation
import Synchronization

/// A blocking TCP client on 127.0.0.1.
final class TestSocket: Sendable {
  private let descriptor: Int32
  private let error = Mutex<Int32>(0)

  init(to port: UInt16) {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    _ = withLoopback(port) { connect(descriptor, $0, $1) }
  }

  deinit { close(descriptor) }

  /// The error number of the last read; 0 for none.
  var lastError: Int32 { error.withLock { $0 } }

  /// Whether the other side has ended the connection; waits a moment for that.
  var isClosed: Bool { receive(1, within: 200).isEmpty && lastError != EAGAIN }

  func send(_ bytes: [UInt8]) {
    // On a thread of its own, as an echo cannot be taken while this waits.
    let descriptor = descriptor
    Thread {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }.start()
  }

  /// What came until there was enough, the connection ended or nothing came for so many ms.
  func receive(_ count: Int, within milliseconds: Int = 10_000) -> [UInt8] {
    var limit = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    error.withLock { $0 = 0 }
    while all.count < count {
      let got = recv(descriptor, &buffer, buffer.count, 0)
      if got < 0 { error.withLock { $0 = errno } }
      guard got > 0 else { break }
      all += buffer[..<got]
    }
    return all
  }
}

/// Sends back what it gets, to any number of clients.
final class EchoServer: Sendable {
  let port: UInt16
  private let listener: Int32

  struct CannotListen: Error {}

  init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let isBound = withLoopback(0) { bind(listener, $0, $1) == 0 } && listen(listener, 16) == 0
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
    }
    guard isBound else { throw CannotListen() }
    self.listener = listener
    port = UInt16(bigEndian: address.sin_port)
    Thread {
      while case let client = accept(listener, nil, nil), client >= 0 {
        Thread { Self.echo(client) }.start()
      }
      close(listener)
    }.start()
  }

  func end() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func echo(_ client: Int32) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = recv(client, &buffer, buffer.count, 0), count > 0 {
      var sent = 0
      while sent < count {
        let part = buffer[sent..<count].withUnsafeBytes {
          send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard part > 0 else { break }
        sent += part
      }
    }
    close(client)
  }
}

private func withLoopback<Result>(
  _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
