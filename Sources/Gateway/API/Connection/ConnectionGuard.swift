import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Observability

/// Stands between a connection and Hummingbird: answers what is not HTTP with a problem too,
/// bounds the time for reading a request and for taking an answer, asks for bodies that wait for
/// `100 Continue`, tells who waits that the client has gone, and ends a connection so that the
/// last answer arrives.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// How long a client may go on sending after the last answer before the socket is closed.
  private static let lingerTime = TimeAmount.seconds(2)

  private let parts: Parts
  private var state = ConnectionState()
  /// Why the parser gave up, once it has.
  private var parserFailure: Problem?
  private var deadline: Scheduled<Void>?
  /// Runs while the client does not take what is written.
  private var stall: Scheduled<Void>?
  /// Whether a whole part came since the last reading began; what did not complete one is a piece
  /// of a head or of a chunk.
  private var hasReadPart = false

  /// What all connections share.
  struct Parts: Sendable {
    let configuration: GatewayConfiguration
    let table: RouteTable
    let departures: Departures
    let metrics: Metrics
    let logger: Logger
  }

  init(parts: Parts) { self.parts = parts }

  func handlerAdded(context: ChannelHandlerContext) {
    parts.departures.opened(context.channel)
    do {
      let pipeline = context.pipeline.syncOperations
      let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
      try pipeline.addHandler(HTTP1Edge(), position: .before(codec))
    } catch {
      context.fireErrorCaught(error)
      context.close(promise: nil)
    }
  }

  // MARK: Inbound

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let action: ConnectionState.Inbound
    hasReadPart = true
    var part = unwrapInboundIn(data)
    switch part {
    case .head(var head):
      if head.replaceMarks() { part = .head(head) }
      action = state.receivedHead(head)
      if action == .forward { requestBegins(head, context) }
    case .body: action = state.receivedBody()
    case .end:
      action = state.receivedEnd()
      endDeadline()
    }
    switch action {
    case .forward: context.fireChannelRead(wrapInboundOut(part))
    case .discard: break
    case .close: context.close(promise: nil)
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !hasReadPart, state.open == 0, !state.isDone, parserFailure == nil, deadline == nil {
      after(parts.configuration.headTimeout, context, ConnectionGuard.headTimedOut)
    }
    hasReadPart = false
    context.fireChannelReadComplete()
  }

  /// Sets the deadline for what the client sends now.
  private func after(
    _ delay: Duration, _ context: ChannelHandlerContext,
    _ act: @escaping (ConnectionGuard) -> (ChannelHandlerContext) -> Void
  ) {
    endDeadline()
    deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(delay)) {
      [weak self] in
      self.map(act)?(context)
    }
  }

  private func endDeadline() {
    deadline?.cancel()
    deadline = nil
  }

  private func requestBegins(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
    after(parts.configuration.requestTimeout, context, ConnectionGuard.timedOut)
    // A body that will be refused unread is not asked for.
    let length = head.headerFields[.contentLength].map { Int($0) ?? .max } ?? 0
    if head.headerFields[.expect]?.lowercased() == "100-continue", state.open == 1,
      length <= bodyLimit(head)
    {
      context.writeAndFlush(
        wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }
  }

  private func bodyLimit(_ head: HTTPRequest) -> Int {
    let path = String(
      decoding: (head.path ?? "").utf8.prefix { $0 != UInt8(ascii: "?") }, as: UTF8.self)
    return parts.table.bodyLimit(of: path) ?? parts.configuration.bodyLimit
  }

  private func headTimedOut(_ context: ChannelHandlerContext) {
    guard state.open == 0, !state.isDone else { return }
    answer(Problem(.requestTimeout, "The request's head was not read whole in time."), context)
    write(context: context, data: wrapOutboundOut(.end(nil)), promise: nil)
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

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent {
      parts.departures.finished(context.channel)
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelInactive(context: ChannelHandlerContext) {
    ended(context)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { ended(context) }

  private func ended(_ context: ChannelHandlerContext) {
    endDeadline()
    stall?.cancel()
    parts.departures.closed(context.channel)
  }

  // MARK: Outbound

  /// A client that takes nothing for too long is let go, with what waits for it.
  func channelWritabilityChanged(context: ChannelHandlerContext) {
    stall?.cancel()
    stall = nil
    if !context.channel.isWritable {
      let delay = TimeAmount(parts.configuration.idleTimeout)
      stall = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
        context.close(promise: nil)
      }
    }
    context.fireChannelWritabilityChanged()
  }

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
    endDeadline()
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
    parts.metrics.observe(
      .httpRequestDuration,
      [RequestMetricsMiddleware.unmatched, "other", String(problem.kind.status)], seconds: 0)
    parts.logger.info(
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
