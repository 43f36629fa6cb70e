import Hummingbird
import Logging
import Observability

/// One line at info for each answered request, for a stream at its end: no bodies, no tokens, no
/// ids from the path, no query.
struct AccessLogMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    let (logger, method, status) = (context.logger, request.method.rawValue, response.status.code)
    let route = context.endpointPath ?? "NotFound"
    return response.observed(isHead: request.method == .head) {
      logger.info(
        "request",
        metadata: .fields([
          .method: method, .route: route, .status: status, .duration: ContinuousClock.now - start,
        ]))
    }
  }
}
