import HTTPTypes
import Hummingbird
import Jobs

/// Calls a route's handler once its query and its caller are checked.
struct RouteResponder: HTTPResponder {
  let route: Route
  let service: any JobService

  func respond(to request: Request, context: GatewayContext) async throws -> Response {
    switch route.handler {
    case .anyone(let handle):
      try context.query.check(known: route.query)
      return try await handle(request, context)
    case .user(let handle):
      let token = try RequestHeaders(fields: request.headers).bearerToken()
      guard let principal = try await service.authenticate(token) else {
        throw Problem.unauthorized(
          .invalidToken, "The token is unknown, has expired or was revoked.",
          error: "invalid_token")
      }
      try context.query.check(known: route.query)
      try refuseKey(request)
      return try await handle(request, context, principal)
    }
  }

  /// Whoever sends an `Idempotency-Key` relies on it.
  private func refuseKey(_ request: Request) throws(Problem) {
    guard let reason = route.document.refusesKey, request.headers[.idempotencyKey] != nil else {
      return
    }
    throw Problem(
      .fieldNotSupportedYet, "This route does not support an Idempotency-Key: \(reason).",
      faults: [.init(header: "idempotency-key", "Not supported yet.")])
  }
}
