public import AMQP
public import JobQueue
public import Logging
public import Observability
public import Postgres
public import Security
public import Storage

/// What every process of the system stands on: the database, the keys and the topology.
public struct Foundations: Sendable {
  /// What it was built from.
  public let settings: Settings
  /// At least one, oldest first.
  public let keys: [MasterKey]
  /// As the file says; nothing is declared on the broker yet.
  public let topology: Topology
  /// Not connected yet; whoever builds the process runs it as a service.
  public let pool: PostgresPool
  /// Seals with the newest of `keys`, opens with any.
  public let content: SealedContent
  /// What the process counts.
  public let metrics = Metrics()
  /// The process's logger.
  public let logger: Logger
  private let name: String

  /// Builds it; connects to nothing yet.
  ///
  /// - Parameters:
  ///   - name: The process, as the broker and the database show it: `gateway`, `worker`.
  ///   - connections: The most database connections.
  /// - Throws: ``SettingsError``, with a line for the operator.
  public init(
    settings: Settings, name: String, connections: Int, logger: Logger
  ) throws(SettingsError) {
    self.settings = settings
    self.name = name
    self.logger = logger
    guard let topologyFile = settings.topologyFile else {
      throw SettingsError(
        "setting topology is missing: set OPENCLAW_TOPOLOGY to queues/topology.yaml")
    }
    do {
      try Failpoint.checkEnvironment()
      keys = try KeyFile.read(settings.keyFile)
      topology = try Topology(file: topologyFile)
      var configuration = try PostgresConfiguration(
        url: settings.databaseURL, applicationName: "openclaw-\(name)")
      configuration.maximumConnections = connections
      // With what a cancel request may take, a link that went silent is given up after 17 s.
      configuration.statementTimeout = .seconds(10)
      configuration.settings = Schema.sessionSettings
      pool = PostgresPool(configuration: configuration, logger: logger)
      _ = try AMQPConfiguration(url: settings.amqpURL, connectionName: name)
    } catch let error as PostgresError {
      throw SettingsError("setting database.url: \(error)")
    } catch let error as AMQPError {
      throw SettingsError("setting amqp.url: \(error)")
    } catch {
      throw SettingsError(String(describing: error))
    }
    content = SealedContent(Sealer(keys))
  }

  /// A broker connection of this process.
  ///
  /// - Parameter purpose: Shown by the broker beside the process's name.
  public func amqp(_ purpose: String) -> AMQPConfiguration {
    do {
      return try AMQPConfiguration(
        url: settings.amqpURL, connectionName: "openclaw-\(name) \(purpose)")
    } catch {
      preconditionFailure("the URL was checked when the process started")
    }
  }
}
