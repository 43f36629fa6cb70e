import HTTPTypes
import Hummingbird
import Jobs

/// One line of the route table.
struct Route: Sendable {
  /// Who may call a route, and what then answers.
  enum Handler: Sendable {
    /// Anyone, without a token: health, metrics and explanations only.
    case anyone(@Sendable (Request, GatewayContext) async throws -> Response)
    /// A user with a valid token.
    case user(@Sendable (Request, GatewayContext, Principal) async throws -> Response)
  }

  let method: HTTPRequest.Method
  /// As in OpenAPI: `/api/v1/jobs/{id}`.
  let template: String
  /// What it takes and answers; what it does not name is refused.
  let document: RouteDocument
  /// The largest body in bytes; `nil` for what the configuration says.
  let bodyLimit: Int?
  let handler: Handler
  /// The query parameters that it knows; any other is refused.
  let query: Set<String>

  init(
    _ method: HTTPRequest.Method, _ template: String, _ document: RouteDocument,
    bodyLimit: Int? = nil, _ handler: Handler
  ) {
    self.method = method
    self.template = template
    self.document = document
    self.bodyLimit = bodyLimit
    self.handler = handler
    query = Set(document.parameters.filter { $0.place == .query }.map(\.name))
  }

  var needsToken: Bool { if case .user = handler { true } else { false } }

  /// For each word of the template 1 where it is a parameter, else 0.
  fileprivate var parameterPlaces: [Int] {
    template.split(separator: "/").map { $0.hasPrefix("{") ? 1 : 0 }
  }

  /// Whether the path is one that the template stands for.
  func matches(_ words: [Substring.UTF8View.SubSequence]) -> Bool {
    let parts = template.utf8.split(
      separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.count == words.count
      && zip(parts, words).allSatisfy { part, word in
        part.first == UInt8(ascii: "{") ? !word.isEmpty : part.elementsEqual(word)
      }
  }
}

/// The routes of one resource. A new resource is one file with such a type and one line in
/// ``RouteTable/init(parts:)``.
protocol RouteGroup: Sendable {
  var routes: [Route] { get }
}

/// What routes are made of.
struct RouteParts: Sendable {
  let service: any JobService
  let configuration: GatewayConfiguration
  /// Raised once the node drains.
  let drain: OnceSignal
  let departures: Departures
  /// What is to pass it comes by several routes.
  let batchGate = BatchGate()
}

/// All routes: what is registered, what `Allow` and the OpenAPI document say, and what the tests
/// go through.
struct RouteTable: Sendable {
  let routes: [Route]
  /// Those with a limit of their own for bodies.
  private let limited: [Route]

  init(parts: RouteParts) {
    let groups: [any RouteGroup] = [
      JobRoutes(parts: parts),
      JobBatchRoutes(parts: parts),
      JobCommandRoutes(service: parts.service),
      JobEditRoutes(service: parts.service, configuration: parts.configuration),
      BatchRoutes(parts: parts),
      SignalRoutes(service: parts.service),
      DeadRoutes(parts: parts),
      RedriveRoutes(parts: parts),
      ScheduleRoutes(service: parts.service, configuration: parts.configuration),
      WebhookRoutes(service: parts.service, configuration: parts.configuration),
      DeliveryRoutes(service: parts.service, configuration: parts.configuration),
      GateRoutes(service: parts.service, configuration: parts.configuration),
      JobEventRoutes(service: parts.service, drain: parts.drain, departures: parts.departures),
      QueueRoutes(service: parts.service),
      WorkerRoutes(service: parts.service),
      PoolRoutes(service: parts.service, configuration: parts.configuration),
      WhoamiRoutes(service: parts.service),
      HealthRoutes(service: parts.service, drain: parts.drain),
      MetricsRoutes(service: parts.service),
      ProblemRoutes(),
    ]
    let routes = groups.flatMap(\.routes)
    self.routes = routes + DocumentationRoutes(beside: routes).routes
    limited = routes.filter { $0.bodyLimit != nil }
  }

  /// The methods that the path answers to; empty for a path that is not served.
  func methods(of path: String) -> [HTTPRequest.Method] {
    let methods = routes(of: path).map(\.method)
    guard !methods.isEmpty else { return [] }
    return methods + (methods.contains(.get) ? [.head] : []) + [.options]
  }

  /// The largest body that the path takes; `nil` for what the configuration says.
  func bodyLimit(of path: String) -> Int? {
    let words = Self.words(path)
    return limited.first { $0.matches(words) }?.bodyLimit
  }

  /// Those with the path, by the router's rule: a word stands before a parameter, the first place at
  /// which templates differ in that counts.
  private func routes(of path: String) -> [Route] {
    let words = Self.words(path)
    let matching = routes.filter { $0.matches(words) }
    let first = matching.map(\.parameterPlaces).min { $0.lexicographicallyPrecedes($1) }
    return matching.filter { $0.parameterPlaces == first }
  }

  private static func words(_ path: String) -> [Substring.UTF8View.SubSequence] {
    path[...].utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
  }
}
