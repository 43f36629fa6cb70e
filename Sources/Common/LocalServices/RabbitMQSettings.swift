/// The text of the broker's files and its environment, written anew at each start.
struct RabbitMQSettings {
  let amqpPort: UInt16
  let password: String

  /// `rabbitmq.conf`. The default user and virtual host are made with an empty data folder only.
  var configuration: String {
    """
    # Written by OpenClaw at each start; changes here are lost.
    listeners.tcp.1 = 127.0.0.1:\(amqpPort)
    loopback_users = none
    default_user = \(RabbitMQControl.user)
    default_pass = \(password)
    default_vhost = /
    default_permissions.configure = .*
    default_permissions.read = .*
    default_permissions.write = .*
    heartbeat = 20
    vm_memory_high_watermark.relative = \(Self.memoryShare)
    disk_free_limit.absolute = 200MB
    # The default of 512 MB makes a small machine's disk and page cache pay for an idle queue.
    raft.wal_max_size_bytes = 67108864
    log.console = false
    log.file.level = warning

    """
  }

  /// Of the machine's memory; more in use is an alarm.
  static let memoryShare = "0.4"

  /// No plugin: management alone would cost start time and memory, and nothing here asks it.
  static let enabledPlugins = "[].\n"

  /// Arguments for the Erlang VM after those of RabbitMQ's own script.
  static let erlangArguments = [
    "-noinput", "-start_epmd", "false", "-kernel", "inet_dist_use_interface", "{127,0,0,1}",
  ]
}
