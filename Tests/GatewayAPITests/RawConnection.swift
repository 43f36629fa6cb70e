import Foundation
import Glibc
import Jobs
import Synchronization

/// A TCP connection that sends whatever bytes it is told to, for requests no HTTP client makes.
final class RawConnection: Sendable {
  struct Failure: Error { let message: String }

  private let socket: Int32
  private let unread = Mutex<[UInt8]>([])

  /// Connects to 127.0.0.1; reads give up after 20 s.
  init(port: Int) async throws {
    socket = try await offPool {
      let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var timeout = timeval(tv_sec: 20, tv_usec: 0)
      setsockopt(
        socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard result == 0 else { throw Failure(message: "connect: errno \(errno)") }
      return socket
    }
  }

  deinit { close(socket) }

  /// Sends all bytes; a connection that the server has closed is no error.
  func send(_ bytes: some Sequence<UInt8> & Sendable) async throws {
    let bytes = [UInt8](bytes)
    try await offPool { [socket] in
      var sent = 0
      while sent < bytes.count {
        let count = bytes[sent...].withUnsafeBytes {
          Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return }
        sent += count
      }
    }
  }

  func send(_ text: String) async throws { try await send([UInt8](text.utf8)) }

  /// Ends the sending half.
  func finish() { shutdown(socket, Int32(SHUT_WR)) }

  /// The next response.
  ///
  /// - Parameter isHead: Whether it answers a HEAD, which has no body.
  /// - Returns: `nil` when the server closed the connection instead.
  func response(isHead: Bool = false) async throws -> RawResponse? {
    try await offPool { try self.readResponse(isHead: isHead) }
  }

  /// Reads on until the text has come, and takes everything up to its end.
  ///
  /// - Returns: What was taken, as it came, chunks and all.
  func reads(through text: String) async throws -> String {
    try await offPool {
      while true {
        let bytes = self.unread.withLock { $0 }
        if let range = bytes.firstRange(of: [UInt8](text.utf8)) {
          self.unread.withLock { $0.removeFirst(range.upperBound) }
          return String(decoding: bytes[..<range.upperBound], as: UTF8.self)
        }
        guard try self.fill() else { throw Failure(message: "closed before '\(text)'") }
      }
    }
  }

  /// Reads on until the server closes.
  func readsEnd() async throws -> Bool {
    try await offPool { while try self.fill() {} }
    return true
  }

  private func readResponse(isHead: Bool) throws -> RawResponse? {
    while true {
      let bytes = unread.withLock { $0 }
      if let (response, length) = RawResponse.parse(bytes, isHead: isHead) {
        unread.withLock { $0.removeFirst(length) }
        return response
      }
      guard try fill() else {
        guard bytes.isEmpty else { throw Failure(message: "the response was cut") }
        return nil
      }
    }
  }

  /// Reads once; `false` at the end of the stream.
  private func fill() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    let count = recv(socket, &chunk, chunk.count, 0)
    if count > 0 {
      unread.withLock { $0 += chunk.prefix(count) }
      return true
    }
    guard count == 0 || errno == ECONNRESET else {
      throw Failure(message: "recv: errno \(errno)")
    }
    return false
  }
}

/// A response as it came, header names in lower case.
struct RawResponse: Sendable {
  let status: Int
  let headers: [(name: String, value: String)]
  let body: [UInt8]

  subscript(name: String) -> String? { headers.first { $0.name == name }?.value }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON; `null` when it is none.
  var json: JSONValue {
    (try? JSONValue(json: body)) ?? .null  // a test then fails on what it expects
  }

  /// The last word of a problem's type.
  var problem: String? {
    json["type"]?.text.map { String($0.dropFirst("/problems/".count)) }
  }

  /// - Returns: `nil` while bytes are missing.
  static func parse(_ bytes: [UInt8], isHead: Bool) -> (RawResponse, length: Int)? {
    let separator = [UInt8]("\r\n\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }) else {
      return nil
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    let headers = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return (parts[0].lowercased(), String((parts.last ?? "").drop { $0 == " " }))
    }
    let announced = headers.first { $0.0 == "content-length" }.flatMap { Int($0.1) } ?? 0
    let length = isHead || status == 204 || status == 304 || status < 200 ? 0 : announced
    let start = end + separator.count
    guard bytes.count >= start + length else { return nil }
    return (
      RawResponse(
        status: status, headers: headers, body: [UInt8](bytes[start..<start + length])),
      start + length
    )
  }
}

/// Runs blocking work on a thread that no task waits for.
func offPool<Value: Sendable>(
  _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
  }
}
