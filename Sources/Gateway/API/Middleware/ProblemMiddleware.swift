import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOHTTP1
import Observability

/// Turns every error into a problem (RFC 9457).
struct ProblemMiddleware: RouterMiddleware {
  let table: RouteTable

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPParserError {
      // The connection's own guard answers these and closes the connection.
      throw error
    } catch let problem as Problem {
      return problem.response(path: request.uri.path, requestID: context.requestID)
    } catch let error as ServiceError {
      error.log(context.logger)
      return Problem(error).response(path: request.uri.path, requestID: context.requestID)
    } catch let error as HTTPError where error.status == .notFound {
      return unmatched(request, context)
    } catch {
      // The type only: a description may quote what a user sent.
      context.logger.error(
        "request failed", metadata: .fields([.error: String(reflecting: type(of: error))]))
      return Problem(.internalError, "The request could not be done.")
        .response(path: request.uri.path, requestID: context.requestID)
    }
  }

  /// The answer when no route has the path and method: `OPTIONS`, 405 or 404.
  private func unmatched(_ request: Request, _ context: GatewayContext) -> Response {
    let path = request.uri.path
    if UnbuiltRoutes.contain(path) {
      return Problem(.routeNotSupportedYet, "This version does not serve this route yet.")
        .response(path: path, requestID: context.requestID)
    }
    let methods = path == "*" ? [.get, .head, .post, .options] : table.methods(of: path)
    let allow = methods.map(\.rawValue).joined(separator: ", ")
    if !methods.isEmpty, request.method == .options {
      return Response(status: .noContent, headers: [.allow: allow])
    }
    let problem =
      methods.isEmpty
      ? Problem(.routeNotFound, "No route has this path.")
      : Problem(.methodNotAllowed, "The path allows: \(allow).", headers: [.allow: allow])
    return problem.response(path: path, requestID: context.requestID)
  }
}

extension ServiceError {
  /// Logs what an operator has to know; what is the client's matter is not logged.
  func log(_ logger: Logger) {
    switch self {
    case .internalError(let detail):
      logger.error("request failed", metadata: .fields([.error: detail]))
    case .unavailable(_, let detail):
      logger.warning("service unavailable", metadata: .fields([.error: detail]))
    case .backlogFull, .rateLimited, .idempotencyKeyReused, .forbidden, .poolNotManaged,
      .badSchedule, .batchNotOpen, .startsTooLate, .badWebhook, .unknownWebhook,
      .unfitInput, .unknownBatch:
      break
    }
  }
}
