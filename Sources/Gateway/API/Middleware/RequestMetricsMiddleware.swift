import Hummingbird
import HummingbirdCore
import NIOCore
import Observability

/// Counts and times every answer, by route template, method and status; a stream at its end.
struct RequestMetricsMiddleware: RouterMiddleware {
  /// The route of a path that is not served, so that no client can make series.
  static let unmatched = "unmatched"

  let metrics: Metrics

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    // Where no route matches, Hummingbird has a word in its place.
    let route = context.endpointPath.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? Self.unmatched
    let labels = [route, request.method.rawValue, String(response.status.code)]
    return response.observed(isHead: request.method == .head) { [metrics] in
      metrics.observe(.httpRequestDuration, labels, duration: ContinuousClock.now - start)
    }
  }
}

extension Response {
  /// The same answer; the observer is called once it is complete.
  ///
  /// What is at hand is complete now; a stream is once its last byte is with the socket, or
  /// writing it has failed.
  func observed(isHead: Bool, _ observe: @escaping @Sendable () -> Void) -> Response {
    guard body.contentLength == nil, !isHead else {
      observe()
      return self
    }
    let stream = body
    var response = self
    response.body = ResponseBody { writer in
      defer { observe() }
      try await stream.write(writer)
    }
    return response
  }
}
