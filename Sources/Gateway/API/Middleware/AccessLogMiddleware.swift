import Hummingbird
import Logging
import Observability

/// One line at info for each answered request: no bodies, no tokens, no ids from the path, no
/// query.
struct AccessLogMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    let duration = ContinuousClock.now - start
    context.logger.info(
      "request",
      metadata: .fields([
        .method: request.method.rawValue, .route: context.endpointPath ?? "NotFound",
        .status: response.status.code, .duration: duration,
      ]))
    return response
  }
}
