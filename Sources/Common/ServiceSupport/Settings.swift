import Foundation
public import Jobs
public import Logging

/// Everything that a process of the system is told, checked at its start.
public struct Settings: Sendable {
  /// The folder of users' workspaces and of the keys; absolute.
  public let dataRoot: String
  /// libpq URL of the database; holds the password.
  public let databaseURL: String
  /// AMQP URI of the broker; holds the password.
  public let amqpURL: String
  /// Path of `topology.yaml`; `nil` when it is neither named nor found.
  public let topologyFile: String?
  /// Path of the master keys' file.
  public let keyFile: String
  /// Default `info`.
  public let logLevel: Logger.Level
  /// A loopback address.
  public let gatewayHost: String
  /// 0 to 65535, where 0 lets the system choose; default 18789.
  public let gatewayPort: Int
  /// How long a stopping gateway goes on serving while `/readyz` says that it drains; at most 5 min,
  /// default none.
  public let gatewayDrainDelay: Duration
  /// How many tickets may wait for the broker before new jobs are refused, 1 to 10,000,000;
  /// default 200,000.
  public let gatewayBacklog: Int
  /// How long what is over is kept.
  public let retention: RetentionPolicy
  /// Empty unless set; not compared with the topology yet.
  public let workerPools: [Pool]
  /// The most steps at once of a worker, 1 to 1024; default 4.
  public let workerConcurrency: Int
  /// The pause between two pieces of the built-in model's text.
  public let builtinPace: Duration
  /// The language model beside the built-in one.
  public let model: ModelSettings
  /// Where webhooks may go.
  public let webhooks: WebhookSettings

  /// Reads and checks all settings.
  ///
  /// - Throws: ``SettingsError`` for the first value that cannot be used.
  public init(_ reader: SettingsReader) throws(SettingsError) {
    dataRoot = Self.absolute(reader.text("data.root") ?? Self.usualDataRoot)
    databaseURL = try Self.connection(
      "database.url", alias: "DATABASE_URL", scheme: "postgres", reader, dataRoot)
    amqpURL = try Self.connection("amqp.url", alias: "AMQP_URL", scheme: "amqp", reader, dataRoot)
    keyFile = reader.text("key.file") ?? dataRoot + "/keys/master.key"
    topologyFile = reader.text("topology") ?? Self.findTopology()
    let level = reader.text("log.level") ?? "info"
    guard let level = Logger.Level(rawValue: level) else {
      throw reader.bad(
        "log.level", "must be one of trace, debug, info, notice, warning, error, critical")
    }
    logLevel = level
    gatewayHost = reader.text("gateway.host") ?? "127.0.0.1"
    guard ["127.0.0.1", "::1", "localhost"].contains(gatewayHost) else {
      throw reader.bad(
        "gateway.host", "must be a loopback address as long as the gateway speaks no TLS")
    }
    gatewayPort = try reader.integer("gateway.port", default: 18789, in: 0...65535)
    gatewayDrainDelay = .seconds(
      try reader.integer("gateway.drain_delay", default: 0, in: 0...300))
    gatewayBacklog = try reader.integer(
      "gateway.backlog", default: 200_000, in: 1...10_000_000)
    retention = try Self.retention(reader)
    workerPools = try Self.pools(reader)
    workerConcurrency = try reader.integer("worker.concurrency", default: 4, in: 1...1024)
    builtinPace = .milliseconds(
      try reader.integer("builtin.pace", default: 0, in: 0...10_000))
    model = try ModelSettings(reader)
    webhooks = try WebhookSettings(reader)
  }

  /// `/var/lib/openclaw` for root, else `.openclaw` in the current directory.
  public static var usualDataRoot: String {
    geteuid() == 0 ? "/var/lib/openclaw" : ".openclaw"
  }

  private static func absolute(_ path: String) -> String {
    URL(fileURLWithPath: path).standardizedFileURL.path
  }

  /// A URL with its secret; by default the one that `openclaw up` left in the data root.
  private static func connection(
    _ key: String, alias: String, scheme: String, _ reader: SettingsReader, _ dataRoot: String
  ) throws(SettingsError) -> String {
    if let url = try reader.secret(key, alias: alias) { return url }
    let file = "\(dataRoot)/keys/\(key)"
    if let url = try reader.secret(key, file: file) { return url }
    throw SettingsError(
      "setting \(key) is missing: set \(alias) to \(scheme)://…, or start `openclaw up`")
  }

  private static func retention(
    _ reader: SettingsReader
  ) throws(SettingsError) -> RetentionPolicy {
    var policy = RetentionPolicy()
    policy.jobs = try reader.retention("retention.jobs", default: policy.jobs)
    policy.dead = try reader.retention("retention.dead", default: policy.dead)
    policy.audit = try reader.retention("retention.audit", default: policy.audit)
    return policy
  }

  private static func pools(_ reader: SettingsReader) throws(SettingsError) -> [Pool] {
    let names = (reader.text("worker.pools") ?? "").split(separator: ",")
    let pools = names.compactMap { Pool($0) }
    guard pools.count == names.count else {
      throw reader.bad("worker.pools", "must be names such as agent.main joined by commas")
    }
    return pools
  }

  /// The path of `queues/topology.yaml` in the current directory, else in the executable's folder
  /// or in one of the six above it; `nil` when there is none.
  public static func findTopology() -> String? {
    let executable = URL(fileURLWithPath: "/proc/self/exe")
      .resolvingSymlinksInPath()
    var folders = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
    var folder = executable.deletingLastPathComponent()
    while folder.path != "/", folders.count < 8 {
      folders.append(folder)
      folder.deleteLastPathComponent()
    }
    return folders.map { $0.appending(path: "queues/topology.yaml").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }
}
