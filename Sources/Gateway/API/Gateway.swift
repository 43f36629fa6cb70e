import Glibc
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import Observability
public import ServiceLifecycle

/// The HTTP side of one gateway node, as a service that runs until it is shut down gracefully.
///
/// Then `/readyz` says so first and waiting requests are answered with the job as it is; after
/// ``GatewayConfiguration/drainDelay`` no connection is accepted any more, requests under way may
/// end within ``GatewayConfiguration/drainTimeout``, and ``run()`` returns.
public struct Gateway: Service {
  /// What it serves, in the order of the route table.
  public var routes: [RouteDescription] { table.routes.map(RouteDescription.init) }

  private let table: RouteTable
  private let application: Application<RouterResponder<GatewayContext>>
  private let configuration: GatewayConfiguration
  private let drain: OnceSignal
  private let port: BoundPort
  private let logger: Logger

  init(
    configuration: GatewayConfiguration, service: any JobService, metrics: Metrics, logger: Logger
  ) {
    self.configuration = configuration
    self.logger = logger
    drain = OnceSignal()
    port = BoundPort()
    let departures = Departures()
    table = RouteTable(
      parts: RouteParts(
        service: service, configuration: configuration, drain: drain, departures: departures))
    application = Gateway.application(
      parts: ConnectionGuard.Parts(
        configuration: configuration, table: table, departures: departures, metrics: metrics,
        logger: logger), service: service, port: port)
  }

  /// The port that it listens on, as soon as it does.
  ///
  /// - Throws: `CancellationError` when the gateway has ended without listening, for example
  ///   because the port is taken (``run()`` throws the reason).
  public var boundPort: Int {
    get async throws { try await port.value }
  }

  /// Listens and answers until it is shut down gracefully.
  ///
  /// - Throws: When it cannot listen.
  public func run() async throws {
    defer { port.fail() }
    // Services are shut down one after the other, the last one first.
    var group = ServiceGroupConfiguration(
      services: [
        application, DrainService(signal: drain, delay: configuration.drainDelay, logger: logger),
      ], logger: logger)
    group.maximumGracefulShutdownDuration = configuration.drainDelay + configuration.drainTimeout
    try await ServiceGroup(configuration: group).run()
  }
}

/// One line of the route table, for documents and tests that must agree with it.
public struct RouteDescription: Sendable, Hashable {
  /// `GET`, `POST`; a `GET` route answers `HEAD` too, and each path `OPTIONS`.
  public let method: String
  /// As in OpenAPI: `/api/v1/jobs/{id}`.
  public let template: String
  /// The names of its query parameters, sorted.
  public let query: [String]
  /// Whether a caller without a valid token gets 401.
  public let needsToken: Bool
  /// Every status that the OpenAPI document declares for it, sorted.
  public let statuses: [Int]
  /// The `code` of every problem that it declares for it, sorted.
  public let codes: [String]

  init(_ route: Route) {
    method = route.method.rawValue
    template = route.template
    query = route.query.sorted()
    needsToken = route.needsToken
    let responses = RouteResponses(route)
    statuses = responses.statuses
    codes = responses.codes
  }
}

/// Puts routes, middleware and limits together; the executable and the tests call it alike.
///
/// - Parameter metrics: Where it counts and times requests; ``JobService/metrics()`` adds them to
///   what it tells.
public func buildGateway(
  configuration: GatewayConfiguration, service: some JobService, metrics: Metrics, logger: Logger
) -> Gateway {
  Gateway(configuration: configuration, service: service, metrics: metrics, logger: logger)
}

extension Gateway {
  private static func application(
    parts: ConnectionGuard.Parts, service: any JobService, port: BoundPort
  ) -> Application<RouterResponder<GatewayContext>> {
    let (configuration, logger) = (parts.configuration, parts.logger)
    return Application(
      router: router(parts, service),
      server: server(parts),
      configuration: ApplicationConfiguration(
        address: .hostname(configuration.host, port: configuration.port),
        serverName: "openclaw",
        backlog: 1_024,
        availableConnectionsDelegate: MaximumAvailableConnections(
          connectionLimit(configuration.maximumConnections))),
      onServerRunning: { channel in
        do {
          try await channel.pipeline.addHandler(
            AcceptErrorHandler(logger: logger), position: .first
          ).get()
        } catch {
          logger.warning("the listening socket is closed already")
        }
        port.succeed(channel.localAddress?.port ?? configuration.port)
      },
      logger: logger)
  }

  private static func server(_ parts: ConnectionGuard.Parts) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      LoopBoundChannel(
        base: HTTP1Channel(
          responder: responder,
          configuration: HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(parts: parts)],
            idleTimeout: TimeAmount(parts.configuration.idleTimeout),
            httpDecoderConfiguration: decoderLimits(parts.configuration))))
    }
  }

  private static func router(
    _ parts: ConnectionGuard.Parts, _ service: any JobService
  ) -> Router<GatewayContext> {
    let router = Router(context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: RequestMetricsMiddleware(metrics: parts.metrics))
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: ProblemMiddleware(table: parts.table))
    router.add(
      middleware: RequestShapeMiddleware(configuration: parts.configuration, table: parts.table))
    for route in parts.table.routes {
      router.on(
        RouterPath(route.template), method: route.method,
        responder: RouteResponder(route: route, service: service))
    }
    return router
  }

  /// Looser than the limits of ``RequestShapeMiddleware``, which can say what is too large: the
  /// parser's limits only bound memory, and it cannot tell a long URL from long headers.
  private static func decoderLimits(
    _ configuration: GatewayConfiguration
  ) -> HTTP1Channel.Configuration.DecoderConfiguration {
    let bytes = 4 * (configuration.headerBytesLimit + configuration.targetLimit)
    return .init(
      maxHeaderFieldSize: bytes, maxHeaderListSize: bytes,
      maxHeaderFieldCount: 2 * configuration.headerCountLimit)
  }

  /// The wished number, or what the file descriptors of the process leave for connections.
  private static func connectionLimit(_ wished: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return wished }
    let available = Int(exactly: limit.rlim_cur) ?? .max
    return min(wished, max(64, available - 256))
  }
}
