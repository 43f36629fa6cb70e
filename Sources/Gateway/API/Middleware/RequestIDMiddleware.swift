import HTTPTypes
import Hummingbird
import Logging
import Observability

/// Names each request, and sets the headers that every answer has.
struct RequestIDMiddleware: RouterMiddleware {
  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    var context = context
    let id = RequestIDMiddleware.id(for: request.headers)
    context.requestID = id
    context.logger[.request] = "\(id)"
    var response = try await next(request, context)
    RequestIDMiddleware.finish(&response.headers, requestID: id)
    // Errors that arise before a GET handler do not know that they answer a HEAD.
    return request.method == .head ? response.createHeadResponse() : response
  }

  /// The client's own id if it is sane (once, 1 to 128 characters of `A-Za-z0-9._-`), else a new
  /// one.
  static func id(for headers: HTTPFields) -> String {
    let ids = headers[values: .requestID]
    guard ids.count == 1, let id = ids.first, (1...128).contains(id.utf8.count),
      id.utf8.allSatisfy(isPlain)
    else { return RequestID().description }
    return id
  }

  /// Sets what every answer carries, also those that are made outside of the router.
  static func finish(_ headers: inout HTTPFields, requestID: String) {
    headers[.requestID] = requestID
    headers[.xContentTypeOptions] = "nosniff"
    if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}
