import Foundation

/// A RabbitMQ node of our own on 127.0.0.1, with its own Erlang port mapper.
///
/// It has no plugin, one user (`openclaw`, with a random password from `keys/`) and a private cookie.
public actor PrivateRabbitMQ: LocalService {
  /// The accounts it may run as when its starter is root, best first.
  static let accounts = ["rabbitmq", "nobody"]

  /// `rabbitmq`.
  public nonisolated let name = "rabbitmq"
  /// Virtual hosts and URLs.
  public nonisolated let control: RabbitMQControl
  private let root: DataRoot
  private let paths: LocalPaths
  private let ports: ServicePorts
  private let account: ServiceAccount?
  private var portMapper: ManagedProcess?
  private var node: ManagedProcess?

  /// Prepares a broker; nothing is started or written.
  ///
  /// - Throws: `LocalServiceError` with `missingProgram` when it is not installed, and with `dataRoot`
  ///   when the server's account cannot reach its data.
  public init(root: DataRoot, paths: LocalPaths, ports: ServicePorts) throws {
    self.root = root
    self.paths = paths
    self.ports = ports
    guard access(Self.program, X_OK) == 0 else {
      throw LocalServiceError(
        .missingProgram, "there is no RabbitMQ in \(Self.program): run `make setup`")
    }
    account = try .forServer(
      preferred: Self.accounts, data: root.rabbitmq.appending(path: "mnesia"))
    control = RabbitMQControl(root: root, paths: paths, ports: ports, account: account)
    try DataRoot.requireReachable(root.rabbitmq, by: account, setting: "OPENCLAW_DATA_ROOT")
  }

  /// Starts what is not running of port mapper and node and waits up to 90 s until AMQP answers.
  ///
  /// - Throws: `LocalServiceError`; with the log's last lines where the broker gave up.
  public func start() async throws {
    do {
      if portMapper.map({ $0.exitStatusIfEnded != nil }) ?? true {
        try prepareFiles()
        portMapper = try await ManagedProcess.launch(portMapperCommand, guardPath: paths.guardPath)
      }
      if let node, node.exitStatusIfEnded == nil { return }
      try prepareFiles()
      let started = try await ManagedProcess.launch(nodeCommand, guardPath: paths.guardPath)
      var probe = BrokerProbe(port: ports.amqp)
      try await Readiness.wait(for: started, within: .seconds(90)) {
        probe.answers()
      }
      node = started
    } catch {
      await stop()
      throw error
    }
  }

  /// See `LocalService`. Ends the node first, then the port mapper.
  public func stop() async {
    await node?.stop()
    await portMapper?.stop()
    node = nil
    portMapper = nil
  }

  /// See `LocalService`. Ends too when the port mapper does; `start` then brings only that back.
  public func waitUntilEnded() async -> ProcessExit {
    guard let node, let portMapper else { return ProcessExit(code: 0) }
    return await ManagedProcess.firstEnd(of: [node, portMapper])
  }

  /// The node's process, for tests that kill it; nil when it was not started.
  public var runningProcess: ManagedProcess? { node }

  /// Deletes all queues, virtual hosts and messages, as a lost disk would. The broker has to be stopped.
  ///
  /// - Throws: `LocalServiceError` with `dataRoot`.
  public func wipeData() throws {
    guard FileManager.default.fileExists(atPath: data.path) else { return }
    do { try FileManager.default.removeItem(at: data) } catch {
      throw LocalServiceError(.dataRoot, "cannot delete \(data.path): \(error)")
    }
  }

  /// Such as `3.10.8`; taken from the installed files.
  public nonisolated var version: String {
    let script = URL(filePath: Self.program).resolvingSymlinksInPath().path
    return script.firstMatch(of: /rabbitmq_server-([0-9.]+)/).map { String($0.1) } ?? "unknown"
  }

  /// Not the one in /usr/sbin: Debian's wrapper insists on its own account and folders.
  private static let program = "/usr/lib/rabbitmq/bin/rabbitmq-server"

  private var data: URL { root.rabbitmq.appending(path: "mnesia") }
  private var ownLogs: URL { root.rabbitmq.appending(path: "log") }
  private func file(_ name: String) -> String { root.rabbitmq.appending(path: name).path }

  private func prepareFiles() throws {
    for folder in [data, ownLogs, control.home] {
      try DataRoot.createOwned(folder, by: account)
    }
    let settings = RabbitMQSettings(
      amqpPort: ports.amqp, password: try SecretFile.password(in: control.passwordFile))
    let configuration = root.rabbitmq.appending(path: "rabbitmq.conf")
    try SecretFile.write(settings.configuration, to: configuration, mode: 0o400, owner: account)
    let plugins = root.rabbitmq.appending(path: "enabled_plugins")
    try SecretFile.write(RabbitMQSettings.enabledPlugins, to: plugins, mode: 0o644)
    let cookie = try SecretFile.password(in: root.keys.appending(path: "erlang.cookie"))
    let cookieFile = control.home.appending(path: ".erlang.cookie")
    try SecretFile.write(cookie, to: cookieFile, mode: 0o400, owner: account)
  }

  private var portMapperCommand: ProcessCommand {
    var command = ProcessCommand(
      name: "epmd", executable: "epmd",
      arguments: ["-port", "\(ports.epmd)", "-address", "127.0.0.1"],
      environment: control.environment)
    command.account = account
    command.logFile = root.log(of: "epmd").path
    command.pidFile = root.pidFile(of: "epmd").path
    return command
  }

  private var nodeCommand: ProcessCommand {
    var command = ProcessCommand(
      name: name, executable: Self.program, arguments: RabbitMQSettings.erlangArguments,
      environment: control.environment)
    command.environment.merge([
      "RABBITMQ_NODENAME": RabbitMQControl.node, "RABBITMQ_DIST_PORT": "\(ports.distribution)",
      "RABBITMQ_CONFIG_FILE": file("rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE": "/dev/null",
      "RABBITMQ_ENABLED_PLUGINS_FILE": file("enabled_plugins"),
      "RABBITMQ_MNESIA_BASE": data.path, "RABBITMQ_LOG_BASE": ownLogs.path,
      "RABBITMQ_PID_FILE": data.appending(path: "node.pid").path,
      // With it the start script becomes the Erlang VM instead of waiting for it, so that signals
      // and exit status are the broker's own. "-noinput" takes back the rest of its meaning.
      "RABBITMQ_ALLOW_INPUT": "1",
      // An idle broker must not burn CPU in busy waits, and a crash must not dump gigabytes.
      "RABBITMQ_SCHEDULER_BUSY_WAIT_THRESHOLD": "none", "ERL_CRASH_DUMP_SECONDS": "0",
    ]) { $1 }
    command.account = account
    command.workingDirectory = control.home.path  // Erlang lists it
    command.logFile = root.log(of: name).path
    command.pidFile = root.pidFile(of: name).path
    command.grace = .seconds(20)
    return command
  }
}
