import Logging
import NIOCore
import Observability

/// Keeps the listening socket open when one connection could not be accepted: the client reset
/// it, or the process has no file descriptor left. Without it NIO ends the whole server.
final class AcceptErrorHandler: ChannelInboundHandler, Sendable {
  typealias InboundIn = any Channel

  private let logger: Logger

  init(logger: Logger) { self.logger = logger }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is IOError else {
      context.fireErrorCaught(error)
      return
    }
    logger.warning("a connection was not accepted", metadata: .fields([.error: "\(error)"]))
  }
}
