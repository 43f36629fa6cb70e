import NIOCore
import NIOHTTP1

/// Lets the rest of the pipeline see HTTP/1.1 only: a request of HTTP/1.0 gets the headers that say
/// the same in 1.1, and its answer goes out as 1.0, without chunks, and ends with the connection.
final class HTTP1Edge: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  /// Whether the client spoke HTTP/1.0 last; then it is the last request.
  private var speaksOld = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), head.version.minor == 0 else {
      context.fireChannelRead(data)
      return
    }
    speaksOld = true
    head.headers.replaceOrAdd(name: "Connection", value: "close")
    // Only 1.1 demands one.
    if !head.headers.contains(name: "Host") { head.headers.add(name: "Host", value: "") }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard speaksOld, case .head(var head) = unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    head.version = .http1_0
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }
}

@available(*, unavailable)
extension HTTP1Edge: Sendable {}
