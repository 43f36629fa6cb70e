import Glibc

/// One of the process's standard streams for output, written without a buffer.
struct StandardStream: Sendable {
  static let output = StandardStream(descriptor: STDOUT_FILENO)
  static let error = StandardStream(descriptor: STDERR_FILENO)

  let descriptor: Int32

  /// Wraps write(2) until all is written; waits where the reader is slow.
  func write(_ bytes: [UInt8]) throws(OutputError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count <= 0 else {
        rest = rest.dropFirst(count)
        continue
      }
      let code = count < 0 ? errno : EIO
      switch code {
      case EINTR: continue
      case EAGAIN: waitForRoom()  // whoever shares the stream has made it so
      default: throw OutputError(code: code)
      }
    }
  }

  /// Writes a line of a program that goes on whether or not somebody reads it: where the reader is
  /// gone or the disk is full, the line is lost.
  func tell(_ line: String) {
    try? write([UInt8]((line + "\n").utf8))  // as said above
  }

  private func waitForRoom() {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    poll(&entry, 1, -1)
  }
}

/// A standard stream took no more bytes.
struct OutputError: Error, CustomStringConvertible {
  /// The system's error number.
  let code: Int32

  /// Whether who read it has gone, such as `head`, which is no mistake of anybody's.
  var isClosed: Bool { code == EPIPE }

  /// Such as `the output cannot be written: No space left on device`.
  var description: String { "the output cannot be written: \(String(cString: strerror(code)))" }
}
