public import AMQP
public import JobQueue
public import Logging
public import Postgres
public import Security
public import Storage

/// What every process of the system stands on: the database, the keys and the topology.
public struct Foundations: Sendable {
  public let settings: Settings
  public let keys: [MasterKey]
  public let topology: Topology
  public let pool: PostgresPool
  public let content: SealedContent
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
    do {
      keys = try KeyFile.read(settings.keyFile)
      topology = try Topology(file: settings.topologyFile)
      var configuration = try PostgresConfiguration(
        url: settings.databaseURL, applicationName: "openclaw-\(name)")
      configuration.maximumConnections = connections
      // Fresh tables have no statistics, and these plans are the wrong ones for a queue.
      configuration.settings = [
        "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
      ]
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
