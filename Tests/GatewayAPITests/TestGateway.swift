import GatewayAPI
import Jobs
import Logging
import ServiceLifecycle
import Synchronization
import Testing

/// A gateway that runs on a port of its own, and what its tests ask of it.
struct TestGateway: Sendable {
  let port: Int
  let service: InMemoryJobService
  let routes: [RouteDescription]
  let log: LogLines
  /// Begins a graceful shutdown.
  let shutDown: @Sendable () async -> Void

  func connect() async throws -> RawConnection { try await RawConnection(port: port) }

  /// One request on a connection of its own.
  func send(
    _ method: String, _ target: String, token: String? = "alice-token",
    headers: [(String, String)] = [], body: [UInt8]? = nil
  ) async throws -> RawResponse {
    let connection = try await connect()
    try await connection.send(
      TestGateway.request(method, target, token: token, headers: headers, body: body))
    guard let response = try await connection.response(isHead: method == "HEAD") else {
      throw RawConnection.Failure(message: "closed without a response")
    }
    checkDeclared(response, method, target)
    return response
  }

  /// Each status that any test sees, and the code of each problem, must be one that the OpenAPI
  /// document declares for the route.
  private func checkDeclared(_ response: RawResponse, _ method: String, _ target: String) {
    let slash = UInt8(ascii: "/")
    let words = target.utf8.prefix { $0 != UInt8(ascii: "?") }
      .split(separator: slash, omittingEmptySubsequences: false)
    let matching = routes.filter { route in
      let parts = route.template.utf8.split(separator: slash, omittingEmptySubsequences: false)
      return parts.count == words.count
        && zip(parts, words).allSatisfy { part, word in
          part.first == UInt8(ascii: "{") ? !word.isEmpty : part.elementsEqual(word)
        }
    }
    // The most literal of them answers.
    let places = { (route: RouteDescription) in route.template.count { $0 == "{" } }
    let fewest = matching.map(places).min()
    let found = matching.filter { places($0) == fewest }
      .first { $0.method == (method == "HEAD" ? "GET" : method) }
    guard let found else { return }
    #expect(
      found.statuses.contains(response.status),
      "\(method) \(found.template) answered \(response.status), which is not declared")
    guard response.status >= 400, let code = response.json["code"]?.text else { return }
    #expect(
      found.codes.contains(code),
      "\(method) \(found.template) answered \(code), which is not declared")
  }

  /// A POST of a job as JSON.
  func post(
    _ body: String, token: String? = "alice-token", headers: [(String, String)] = []
  ) async throws -> RawResponse {
    try await send(
      "POST", "/api/v1/jobs", token: token,
      headers: [("Content-Type", "application/json")] + headers, body: [UInt8](body.utf8))
  }

  /// A request with a JSON body.
  func json(
    _ method: String, _ target: String, _ body: String, token: String? = "alice-token",
    headers: [(String, String)] = []
  ) async throws -> RawResponse {
    try await send(
      method, target, token: token, headers: [("Content-Type", "application/json")] + headers,
      body: [UInt8](body.utf8))
  }

  static func request(
    _ method: String, _ target: String, token: String? = "alice-token",
    headers: [(String, String)] = [], body: [UInt8]? = nil
  ) -> [UInt8] {
    var head = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
    if let token { head += "Authorization: Bearer \(token)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    return [UInt8](head.utf8) + [UInt8]("\r\n".utf8) + (body ?? [])
  }
}

/// Runs a gateway for the time of the body and shuts it down gracefully.
func withGateway(
  _ configure: (inout GatewayConfiguration) -> Void = { _ in },
  _ body: @Sendable (TestGateway) async throws -> Void
) async throws {
  var configuration = GatewayConfiguration { bytes in weakHash(bytes) }
  configuration.port = 0
  configure(&configuration)
  let service = InMemoryJobService()
  let log = LogLines()
  let logger = Logger(label: "test") { _ in log.handler }
  let gateway = buildGateway(
    configuration: configuration, service: service, metrics: service.metricsRegistry,
    logger: logger)
  let group = ServiceGroup(
    configuration: ServiceGroupConfiguration(services: [gateway], logger: logger))
  try await withThrowingTaskGroup(of: Void.self) { tasks in
    tasks.addTask { try await group.run() }
    let port = try await gateway.boundPort
    do {
      try await body(
        TestGateway(
          port: port, service: service, routes: gateway.routes, log: log,
          shutDown: { await group.triggerGracefulShutdown() }))
    } catch {
      await group.triggerGracefulShutdown()
      throw error
    }
    await group.triggerGracefulShutdown()
    try await tasks.waitForAll()
  }
}

/// FNV-1a, twice: enough to tell cursors apart in a test, no protection at all.
private func weakHash(_ bytes: [UInt8]) -> [UInt8] {
  [UInt64(0xCBF2_9CE4_8422_2325), 0x1234_5678_9ABC_DEF1].flatMap { seed in
    let hash = bytes.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return withUnsafeBytes(of: hash) { [UInt8]($0) }
  }
}

/// What was logged, as one text per line with its metadata.
final class LogLines: Sendable {
  private let stored = Mutex<[String]>([])

  var lines: [String] { stored.withLock { $0 } }

  var handler: any LogHandler { Handler(lines: self) }

  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    init(lines: LogLines) { self.lines = lines }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = metadata.merging(event.metadata ?? [:]) { $1 }
        .map { "\($0)=\($1)" }.sorted().joined(separator: " ")
      lines.stored.withLock { $0.append("\(event.level) \(event.message) \(fields)") }
    }
  }
}
