import CRabbitMQ
import Executors
import Glibc

/// One AMQP connection with one channel: the only owner of an `amqp_connection_state_t`.
///
/// `@unchecked Sendable` because the C handle is not thread-safe and Swift cannot see what
/// protects it: all methods run on `executor`, and each entry checks that. The handle is freed in
/// `deinit`, when nobody can be inside a call.
final class Connection: @unchecked Sendable {
  let executor: ThreadExecutor
  let configuration: AMQPConfiguration
  let handle: amqp_connection_state_t
  /// The socket, for `poll` alone.
  let descriptor: Int32
  let writer: FrameWriter
  var assembler = ContentAssembler()
  /// Whether channel 1 is open and the socket is worth talking to.
  var isUsable = true

  /// Connects, logs in and opens the channel; blocks for up to twice the connect timeout.
  ///
  /// - Parameter heartbeats: False for a connection that nobody pumps while it idles.
  /// - Throws: `connectFailed`, `authenticationFailed`, `timeout`, `badArgument`.
  init(
    _ configuration: AMQPConfiguration, executor: ThreadExecutor, heartbeats: Bool
  ) throws(AMQPError) {
    executor.checkIsolated()
    guard let handle = amqp_new_connection() else {
      throw AMQPError(.connectFailed, "no memory for a connection")
    }
    do throws(AMQPError) {
      descriptor = try Self.connect(handle, configuration)
      try Self.login(handle, configuration, heartbeats: heartbeats)
    } catch {
      amqp_destroy_connection(handle)
      throw error
    }
    self.handle = handle
    self.executor = executor
    self.configuration = configuration
    writer = FrameWriter(frameMax: max(Int(amqp_get_frame_max(handle)), 4096))
    // Wraps `amqp_channel_open`.
    if amqp_channel_open(handle, FrameWriter.channel) == nil {
      throw AMQPError(amqp_get_rpc_reply(handle))
    }
  }

  deinit { amqp_destroy_connection(handle) }

  /// Tells the broker that this end is done, and waits a second for its answer.
  ///
  /// Wraps `amqp_connection_close`. A failure does not matter: the socket closes either way.
  func close() {
    checkOwner()
    guard isUsable else { return }
    isUsable = false
    var timeout = timeval(tv_sec: 1, tv_usec: 0)
    amqp_set_rpc_timeout(handle, &timeout)
    _ = amqp_connection_close(handle, AMQP_REPLY_SUCCESS)
  }

  /// Stops the process when it is called from another thread than the executor's.
  ///
  /// Here and not in each file: where Executors is not imported, `executor.checkIsolated()` means
  /// the protocol's default, which always fails.
  func checkOwner() { executor.checkIsolated() }

  private static func connect(
    _ handle: amqp_connection_state_t, _ configuration: AMQPConfiguration
  ) throws(AMQPError) -> Int32 {
    guard let socket = amqp_tcp_socket_new(handle) else {
      throw AMQPError(.connectFailed, "no memory for a socket")
    }
    var timeout = timeval(configuration.connectTimeout)
    let status = amqp_socket_open_noblock(
      socket, configuration.host, Int32(configuration.port), &timeout)
    guard status == 0 else {
      throw AMQPError(
        .connectFailed,
        "no connection to \(configuration.host):\(configuration.port): \(statusText(status))")
    }
    let descriptor = amqp_get_sockfd(handle)
    // Bytes that the peer's kernel does not take end the connection, not only lost packets.
    var patience = UInt32(clamping: configuration.writeTimeout.milliseconds)
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &patience,
      socklen_t(MemoryLayout<UInt32>.size))
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    amqp_set_handshake_timeout(handle, &timeout)
    var rpcTimeout = timeval(configuration.rpcTimeout)
    amqp_set_rpc_timeout(handle, &rpcTimeout)
    return descriptor
  }

  private static func login(
    _ handle: amqp_connection_state_t, _ configuration: AMQPConfiguration, heartbeats: Bool
  ) throws(AMQPError) {
    let arena = Arena()
    var properties = try arena.clientProperties(connectionName: configuration.connectionName)
    let seconds = heartbeats ? max(1, configuration.heartbeat.components.seconds) : 0
    let reply = oc_amqp_login_plain(
      handle, configuration.virtualHost, 1, AMQP_DEFAULT_FRAME_SIZE,
      Int32(clamping: min(seconds, 65535)), &properties, configuration.username,
      configuration.password)
    guard reply.reply_type != AMQP_RESPONSE_NORMAL else { return }
    let error = AMQPError(reply)
    switch (error.code, error.replyCode) {
    case (.accessRefused, _), (_, 530?):
      throw AMQPError(.authenticationFailed, error.message, replyCode: error.replyCode)
    case (.timeout, _): throw error
    default: throw AMQPError(.connectFailed, "the handshake failed: \(error.message)")
    }
  }
}

extension Arena {
  /// What the broker needs to hear so that it tells about blocked connections and lost consumers.
  fileprivate func clientProperties(connectionName: String) throws(AMQPError) -> amqp_table_t {
    let capabilities = try table([
      "consumer_cancel_notify": .boolean(true), "connection.blocked": .boolean(true),
      "publisher_confirms": .boolean(true), "basic.nack": .boolean(true),
      "authentication_failure_close": .boolean(true),
    ])
    // The text under `capabilities` only makes room for the table that replaces it.
    let properties = try table([
      "product": .string("OpenClaw"), "connection_name": .string(connectionName),
      "capabilities": .string(""),
    ])
    for index in 0..<Int(properties.num_entries)
    where String(properties.entries[index].key) == "capabilities" {
      properties.entries[index].value = nested(capabilities)
    }
    return properties
  }
}

extension Duration {
  /// Rounded down.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}

extension timeval {
  /// Rounded down to milliseconds, not below zero.
  init(_ duration: Duration) {
    let milliseconds = max(0, Int(duration.milliseconds))
    self.init(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
  }
}
