import Foundation

/// Administers a running private broker, from any process that may read its data root.
///
/// It speaks Erlang distribution through `erl_call`, which takes a few milliseconds where
/// `rabbitmqctl` takes seconds to start.
public struct RabbitMQControl: Sendable {
  /// The broker's user that applications log in as; may do everything.
  public static let user = "openclaw"
  /// The node's name. The same for every private broker: each has a port mapper of its own.
  static let node = "openclaw@localhost"

  let root: DataRoot
  let paths: LocalPaths
  let ports: ServicePorts
  let account: ServiceAccount?

  init(root: DataRoot, paths: LocalPaths, ports: ServicePorts, account: ServiceAccount?) {
    self.root = root
    self.paths = paths
    self.ports = ports
    self.account = account
  }

  /// Connects to the broker whose data root is `paths.dataRoot`; nothing is sent yet.
  ///
  /// - Throws: `LocalServiceError` with `notRunning` when no stack was ever started there.
  public init(paths: LocalPaths) throws {
    let root = DataRoot(existing: paths.dataRoot)
    guard let ports = ServicePorts.remembered(in: root) else {
      throw LocalServiceError(.notRunning, "no broker was started in \(root.url.path)")
    }
    let account = try ServiceAccount.forServer(
      preferred: PrivateRabbitMQ.accounts, data: root.rabbitmq.appending(path: "mnesia"))
    self.init(root: root, paths: paths, ports: ports, account: account)
  }

  /// An AMQP URI for a virtual host. Holds the password.
  ///
  /// - Parameter virtualHost: its name; `/` is the one that always exists.
  /// - Throws: `LocalServiceError` with `dataRoot` when the password's file cannot be used.
  public func url(virtualHost: String = "/") throws -> String {
    let password = try SecretFile.password(in: passwordFile)
    let path = virtualHost.replacing("%", with: "%25").replacing("/", with: "%2F")
    return "amqp://\(Self.user):\(password)@127.0.0.1:\(ports.amqp)/\(path)"
  }

  /// Creates a virtual host that the user `openclaw` may do everything in, unless it exists.
  ///
  /// - Parameter name: letters, digits, `.`, `_` and `-`, at most 100.
  /// - Throws: `LocalServiceError` with `badName`, or `exited` with what the broker said.
  public func addVirtualHost(_ name: String) async throws {
    let user = "<<\"\(Self.user)\">>"
    let host = try binary(name)
    let all = "<<\".*\">>"
    try await evaluate(
      "case rabbit_vhost:add(\(host), \(user)) of ok -> ok; {error, {vhost_already_exists, _}} -> ok end,"
        + " ok = rabbit_auth_backend_internal:set_permissions("
        + "\(user), \(host), \(all), \(all), \(all), \(user)).")
  }

  /// Deletes a virtual host with all it holds and closes its connections.
  ///
  /// - Throws: as `addVirtualHost`; also when there is none of that name.
  public func deleteVirtualHost(_ name: String) async throws {
    try await evaluate("ok = rabbit_vhost:delete(\(try binary(name)), <<\"\(Self.user)\">>).")
  }

  /// Makes the broker believe that it is short of memory, at which it blocks whoever publishes, or
  /// that it is not.
  ///
  /// - Throws: as `addVirtualHost`.
  public func setMemoryAlarm(_ isOn: Bool) async throws {
    let share = isOn ? "0.0001" : RabbitMQSettings.memoryShare
    try await evaluate("ok = vm_memory_monitor:set_vm_memory_high_watermark(\(share)).")
  }

  var passwordFile: URL { root.keys.appending(path: "rabbitmq.password") }
  var home: URL { root.rabbitmq.appending(path: "home") }

  /// What every Erlang program of this broker needs to find its port mapper and cookie.
  var environment: [String: String] {
    [
      "HOME": home.path, "LANG": "C.UTF-8", "PATH": "/usr/lib/erlang/bin:/usr/bin:/bin",
      "ERL_EPMD_PORT": "\(ports.epmd)", "ERL_EPMD_ADDRESS": "127.0.0.1",
    ]
  }

  /// Evaluates Erlang expressions, ended by a dot, in the node.
  private func evaluate(_ expressions: String) async throws {
    let program = "/usr/lib/erlang/bin/erl_call -sname \(Self.node) -timeout 30 -e"
    var command = ProcessCommand(
      name: "erl_call", executable: "/bin/sh",
      arguments: ["-c", "printf '%s\\n' \"$1\" | exec \(program)", "sh", expressions],
      environment: environment)
    command.account = account
    let answer = try await Tool.run(command, guardPath: paths.guardPath, scratch: root.run)
    guard answer.hasPrefix("{ok,") else {
      throw LocalServiceError(.exited, "the broker refused \(expressions): \(answer)")
    }
  }

  private func binary(_ name: String) throws -> String {
    guard name.wholeMatch(of: /[A-Za-z0-9._-]{1,100}/) != nil else {
      throw LocalServiceError(.badName, "\(name) is not a virtual host name that is allowed here")
    }
    return "<<\"\(name)\">>"
  }
}
