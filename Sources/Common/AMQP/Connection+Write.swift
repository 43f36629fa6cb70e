import CRabbitMQ
import Executors
import Glibc

extension Connection {
  /// Sends what ``writer`` has collected, as a whole or not at all as far as the caller knows.
  ///
  /// Waits for a full socket up to the write timeout. After a failure a frame may be half
  /// written: the connection is not usable any more and must be dropped.
  ///
  /// - Throws: `timeout`, `connectionClosed`, `notConnected`.
  func flush() throws(AMQPError) {
    checkOwner()
    guard isUsable else { throw AMQPError(.notConnected, "the connection is closed") }
    do throws(AMQPError) {
      try writer.flush(send)
    } catch {
      isUsable = false
      throw error
    }
  }

  /// Whether the kernel takes more bytes right now.
  var canWrite: Bool {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    return poll(&descriptors, 1, 0) == 1
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws(AMQPError) {
    let deadline = ContinuousClock.now + configuration.writeTimeout
    var rest = bytes
    while !rest.isEmpty {
      let sent = Glibc.send(
        descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if sent >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[sent...])
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: try waitUntilWritable(until: deadline)
      default: throw AMQPError(.connectionClosed, "send: \(String(cString: strerror(errno)))")
      }
    }
  }

  private func waitUntilWritable(until deadline: ContinuousClock.Instant) throws(AMQPError) {
    let left = deadline - .now
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
    guard left > .zero, poll(&descriptors, 1, Int32(clamping: left.milliseconds + 1)) != 0 else {
      throw AMQPError(
        .timeout, "the broker took no bytes for \(configuration.writeTimeout)")
    }
  }
}
