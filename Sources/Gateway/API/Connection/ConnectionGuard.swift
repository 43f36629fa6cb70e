import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Observability

/// Stands between a connection and Hummingbird: answers what is not HTTP with a problem too,
/// bounds the time for reading a request, asks for bodies that wait for `100 Continue`, and ends
/// a connection so that the last answer arrives.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a client may go on sending after the last answer before the socket is closed.
  private static let lingerTime = TimeAmount.seconds(2)

  private let bodyLimit: Int
  private let requestTimeout: TimeAmount
  private let logger: Logger
  private var state = ConnectionState()
  /// Why the parser gave up, once it has.
  private var parserFailure: Problem?
  private var deadline: Scheduled<Void>?

  init(configuration: GatewayConfiguration, logger: Logger) {
    bodyLimit = configuration.bodyLimit
    requestTimeout = TimeAmount(configuration.requestTimeout)
    self.logger = logger
  }

  // MARK: Inbound

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let action: ConnectionState.Inbound
    var part = unwrapInboundIn(data)
    switch part {
    case .head(var head):
      if head.replaceMarks() { part = .head(head) }
      action = state.receivedHead(head)
      if action == .forward { requestBegins(head, context) }
    case .body: action = state.receivedBody()
    case .end:
      action = state.receivedEnd()
      deadline?.cancel()
    }
    switch action {
    case .forward: context.fireChannelRead(wrapInboundOut(part))
    case .discard: break
    case .close: context.close(promise: nil)
    }
  }

  private func requestBegins(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: requestTimeout) { [weak self] in
      self?.timedOut(context)
    }
    // A body that will be refused unread is not asked for.
    let length = head.headerFields[.contentLength].map { Int($0) ?? .max } ?? 0
    if head.headerFields[.expect]?.lowercased() == "100-continue", state.open == 1,
      length <= bodyLimit
    {
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }
  }

  private func timedOut(_ context: ChannelHandlerContext) {
    guard state.isReading, state.open == 1, !state.isAnswering, !state.isDone else {
      // An earlier request of the same connection is still being answered.
      if state.isReading, !state.isDone { context.close(promise: nil) }
      return
    }
    answer(Problem(.requestTimeout, "The request was not read whole in time."), context)
    write(context: context, data: wrapOutboundOut(.end(nil)), promise: nil)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? HTTPParserError, parserFailure == nil {
      parserFailure = Problem(error)
      // Requests that came whole before it are still answered, in order.
      if state.isReading { state.failed() }
    }
    context.fireErrorCaught(error)
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  // MARK: Outbound

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head(let head) where head.status.kind == .informational:
      context.write(data, promise: promise)
    case .head(let head):
      if let parserFailure, head.headerFields[.requestID] == nil {
        // Hummingbird's bare answer to a parser error.
        answer(parserFailure, context)
        promise?.succeed()
      } else {
        begin(head, context, promise)
      }
    case .body:
      state.isDone
        ? promise?.fail(ChannelError.outputClosed) : context.write(data, promise: promise)
    case .end: end(data, context, promise)
    }
  }

  private func begin(
    _ head: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    guard let closes = state.answerBegins() else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    var head = head
    if closes { head.headerFields[.connection] = "close" }
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }

  private func end(
    _ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
  ) {
    guard !state.isDone else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    guard state.answerEnded() else {
      context.write(data, promise: promise)
      return
    }
    let written = promise ?? context.eventLoop.makePromise()
    context.writeAndFlush(data, promise: written)
    written.futureResult.assumeIsolated().whenComplete { _ in self.linger(context) }
  }

  /// Ends the sending half and waits a little for the client to end its own: closing a socket
  /// with unread data would reset it and could take the answer away from the client.
  private func linger(_ context: ChannelHandlerContext) {
    deadline?.cancel()
    guard state.isReading || parserFailure != nil else {
      context.close(promise: nil)
      return
    }
    context.close(mode: .output, promise: nil)
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingerTime) {
      context.close(promise: nil)
    }
  }

  /// Writes a problem's head and body; the end follows.
  private func answer(_ problem: Problem, _ context: ChannelHandlerContext) {
    let id = RequestID().description
    let body = ByteBuffer(bytes: problem.body(path: nil, requestID: id))
    var fields = problem.headers
    fields[.contentType] = "application/problem+json"
    fields[.contentLength] = String(body.readableBytes)
    RequestIDMiddleware.finish(&fields, requestID: id)
    logger.info(
      "request refused",
      metadata: .fields([.request: id, .status: problem.kind.status, .reason: problem.kind.code]))
    state.failed()
    begin(
      HTTPResponse(status: .init(code: problem.kind.status), headerFields: fields), context, nil)
    guard !state.isDone else { return }
    context.write(wrapOutboundOut(.body(body)), promise: nil)
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

extension Problem {
  /// What a parser error means to the client.
  init(_ error: HTTPParserError) {
    switch error {
    case .headerOverflow:
      self.init(.headersTooLarge, "The request line and the headers are too large.")
    case .invalidVersion: self.init(.unsupportedVersion, "Only HTTP/1.1 is spoken here.")
    default: self.init(.malformedRequest, "The bytes are not a request of HTTP/1.1.")
    }
  }
}
