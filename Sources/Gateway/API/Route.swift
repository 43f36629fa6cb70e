import HTTPTypes
import Hummingbird
import Jobs

/// One line of the route table.
struct Route: Sendable {
  /// Who may call a route, and what then answers.
  enum Handler: Sendable {
    /// Anyone, without a token: health and explanations only.
    case anyone(@Sendable (Request, GatewayContext) async throws -> Response)
    /// A user with a valid token.
    case user(@Sendable (Request, GatewayContext, Principal) async throws -> Response)
  }

  let method: HTTPRequest.Method
  /// As in OpenAPI: `/api/v1/jobs/{id}`.
  let template: String
  /// The query parameters that it knows; any other is refused.
  let query: Set<String>
  let handler: Handler

  init(
    _ method: HTTPRequest.Method, _ template: String, query: Set<String> = [], _ handler: Handler
  ) {
    self.method = method
    self.template = template
    self.query = query
    self.handler = handler
  }

  var needsToken: Bool { if case .user = handler { true } else { false } }
}

/// The routes of one resource. A new resource is one file with such a type and one line in
/// ``RouteTable/init(service:configuration:drain:)``.
protocol RouteGroup: Sendable {
  var routes: [Route] { get }
}

/// All routes: what is registered, what `Allow` says and what the tests go through.
struct RouteTable: Sendable {
  let routes: [Route]

  init(service: any JobService, configuration: GatewayConfiguration, drain: DrainSignal) {
    let groups: [any RouteGroup] = [
      JobRoutes(service: service, configuration: configuration, drain: drain),
      HealthRoutes(service: service, drain: drain),
      ProblemRoutes(),
    ]
    routes = groups.flatMap(\.routes)
  }

  /// The methods that the path answers to; empty for a path that is not served.
  func methods(of path: String) -> [HTTPRequest.Method] {
    let words = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let methods = routes.filter { route in
      let template = route.template.utf8.split(
        separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      return template.count == words.count
        && zip(template, words).allSatisfy { part, word in
          part.first == UInt8(ascii: "{") ? !word.isEmpty : part.elementsEqual(word)
        }
    }.map(\.method)
    guard !methods.isEmpty else { return [] }
    return methods + (methods.contains(.get) ? [.head] : []) + [.options]
  }
}

/// Paths of the interface that this version does not serve, so that clients are told so.
enum UnbuiltRoutes {
  /// A `*` at the end stands for any further words, none included.
  static let templates = [
    "/api/v1/jobs/batch", "/api/v1/jobs/{id}/events", "/api/v1/jobs/{id}/cancel",
    "/api/v1/jobs/{id}/retry", "/api/v1/jobs/{id}/priority", "/api/v1/jobs/{id}/tree",
    "/api/v1/jobs/{id}/why", "/api/v1/queues/*", "/api/v1/workers/*", "/api/v1/pools/*",
    "/api/v1/schedules/*", "/api/v1/openapi.json", "/docs/*", "/ws", "/metrics", "/v1/*",
  ]

  private static let split = templates.map { $0.split(separator: "/") }

  /// Whether the path is one of them, with any method.
  static func contain(_ path: String) -> Bool {
    let words = path.split(separator: "/")
    return split.contains { template in
      let isOpen = template.last == "*"
      let fixed = isOpen ? template.dropLast() : template[...]
      guard isOpen ? words.count >= fixed.count : words.count == fixed.count else { return false }
      return zip(fixed, words).allSatisfy { $0.hasPrefix("{") || $0.utf8.elementsEqual($1.utf8) }
    }
  }
}
