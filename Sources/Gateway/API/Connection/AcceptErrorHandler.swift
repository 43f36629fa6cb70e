import Glibc
import Logging
import NIOCore
import Observability
import Synchronization

/// Keeps the listening socket open when a connection could not be accepted: the client reset it,
/// or the process has no file descriptor left. Without it NIO ends the whole server.
final class AcceptErrorHandler: ChannelInboundHandler, Sendable {
  typealias InboundIn = any Channel

  /// How long nothing is accepted once a resource has run out: the next try would fail too.
  private static let pause = TimeAmount.milliseconds(100)

  private let logger: Logger
  /// When the last line was logged; one in ten seconds is enough.
  private let lastLogged = Mutex<ContinuousClock.Instant?>(nil)

  init(logger: Logger) { self.logger = logger }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let error = error as? IOError else {
      context.fireErrorCaught(error)
      return
    }
    log(error)
    guard error.errnoCode != ECONNABORTED else { return }
    let channel = context.channel
    channel.setOption(.autoRead, value: false).whenComplete { _ in
      channel.eventLoop.scheduleTask(in: Self.pause) {
        channel.setOption(.autoRead, value: true)
      }
    }
  }

  private func log(_ error: IOError) {
    let now = ContinuousClock.now
    let isDue = lastLogged.withLock { last in
      if let last, now - last < .seconds(10) { return false }
      last = now
      return true
    }
    guard isDue else { return }
    logger.warning("a connection was not accepted", metadata: .fields([.error: "\(error)"]))
  }
}
