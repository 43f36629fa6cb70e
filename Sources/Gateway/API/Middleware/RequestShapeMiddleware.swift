import HTTPTypes
import Hummingbird
import HummingbirdCore
import Jobs

/// Refuses what no route takes: too much, ambiguous, or a token where logs would keep it.
struct RequestShapeMiddleware: RouterMiddleware {
  /// Headers of which a second one could be read as the one that counts.
  private static let single: [HTTPField.Name] = [
    .authorization, .contentType, .contentLength, .repeatedHost, .idempotencyKey, .expect,
    .lastEventID,
  ]
  private static let tokenParameters: Set<String> = [
    "access_token", "token", "api_key", "apikey", "authorization", "bearer",
  ]

  let configuration: GatewayConfiguration
  let table: RouteTable

  func handle(
    _ request: Request, context: GatewayContext,
    next: (Request, GatewayContext) async throws -> Response
  ) async throws -> Response {
    try checkTarget(request)
    guard request.head.authority != nil else {
      throw Problem(
        .malformedHeader, "A request of HTTP/1.1 needs a Host header.",
        faults: [.init(header: "host", "Required.")])
    }
    try checkHeaders(request.headers)
    try request.checkAnnouncedLength(
      limit: table.bodyLimit(of: request.uri.path) ?? configuration.bodyLimit)
    var context = context
    context.query = try Query(request.uri.query)
    let tokens = context.query.names.filter { Self.tokenParameters.contains($0.lowercased()) }
    guard tokens.isEmpty else {
      throw Problem(
        .tokenInQuery, "Send the token as 'Authorization: Bearer <token>', never in the URL.",
        faults: tokens.map { .init(parameter: $0, "Not in a URL.") })
    }
    return try await next(request, context)
  }

  private func checkTarget(_ request: Request) throws {
    guard request.uri.string.utf8.count <= configuration.targetLimit else {
      throw Problem(.targetTooLong, "The URL is longer than \(configuration.targetLimit) bytes.")
    }
    let path = request.uri.path.utf8
    if path.count == 1 { return }
    // The router is lax about slashes; whoever filters paths in front of this node is not.
    let words = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard words.first?.isEmpty == true, !words.dropFirst().contains(where: \.isEmpty) else {
      throw Problem(.routeNotFound, "No route has this path.")
    }
  }

  private func checkHeaders(_ headers: HTTPFields) throws(Problem) {
    guard headers.count <= configuration.headerCountLimit else {
      throw Problem(
        .headersTooLarge, "There are more than \(configuration.headerCountLimit) header fields.")
    }
    var bytes = 0
    var seen: [HTTPField.Name] = [.repeatedHost]
    var repeated: HTTPField.Name?
    for field in headers {
      bytes += field.name.rawName.utf8.count + field.value.utf8.count
      guard Self.single.contains(field.name) else { continue }
      if seen.contains(field.name) { repeated = repeated ?? field.name }
      seen.append(field.name)
    }
    guard bytes <= configuration.headerBytesLimit else {
      throw Problem(
        .headersTooLarge, "The headers have more than \(configuration.headerBytesLimit) bytes.")
    }
    if let repeated {
      throw Problem(
        .duplicateHeader, "The header \(repeated.canonicalName) comes twice.",
        faults: [.init(header: repeated.canonicalName, "May come once.")])
    }
    if let expectation = headers[.expect], expectation.lowercased() != "100-continue" {
      throw Problem(.expectationFailed, "Only 'Expect: 100-continue' is understood.")
    }
  }
}
