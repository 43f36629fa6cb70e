import Executors

/// One connection with one channel, for declaring things: inside `onConnect` and for admin work.
///
/// Calls run one after another on a thread of their own and block that thread alone. After a
/// channel exception (404, 405, 406) the channel is opened anew, so the next call works.
///
/// One from ``open(_:)`` has no heartbeats and may idle; one given to `onConnect` is the
/// publisher's or consumer's own connection and answers `notConnected` once `onConnect` returned.
public actor AMQPChannel {
  private nonisolated let executor: ThreadExecutor
  private var connection: Connection?

  /// The thread that owns the connection.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  private init(executor: ThreadExecutor) { self.executor = executor }

  /// Shares a connection that lives on the same executor.
  init(_ connection: Connection) {
    executor = connection.executor
    self.connection = connection
  }

  /// Connects and logs in.
  ///
  /// - Throws: `connectFailed`, `authenticationFailed`, `timeout`, `badArgument`.
  public static func open(
    _ configuration: AMQPConfiguration
  ) async throws(AMQPError) -> AMQPChannel {
    let channel = AMQPChannel(executor: ThreadExecutor(name: "amqp-admin"))
    try await channel.connect(configuration)
    return channel
  }

  /// Closes the connection; later calls throw `notConnected`. Once is enough, twice is harmless.
  public func close() {
    connection?.close()
    connection = nil
  }

  /// Declares an exchange; an equal one may exist. Wraps `amqp_exchange_declare`.
  ///
  /// - Parameters:
  ///   - name: At most 255 bytes.
  ///   - type: `direct`, `fanout`, `topic` or `headers`.
  ///   - durable: Whether it survives a broker's restart.
  /// - Throws: `preconditionFailed` with the broker's text if it exists and differs.
  public func declareExchange(
    _ name: String, type: String, durable: Bool = true
  ) throws(AMQPError) {
    try perform("exchange \(name)") { connection throws(AMQPError) in
      try connection.declareExchange(name, type: type, durable: durable)
    }
  }

  /// Deletes an exchange with its bindings; none by that name is no error. Wraps
  /// `amqp_exchange_delete`.
  public func deleteExchange(_ name: String) throws(AMQPError) {
    try perform("exchange \(name)") { connection throws(AMQPError) in
      try connection.deleteExchange(name)
    }
  }

  /// Declares a queue; an equal one may exist. Wraps `amqp_queue_declare`.
  ///
  /// - Parameters:
  ///   - name: At most 255 bytes; nil lets the broker make one.
  ///   - durable: Whether it survives a broker's restart.
  ///   - exclusive: Whether it belongs to this connection and goes with it.
  ///   - autoDelete: Whether it goes with its last consumer.
  ///   - arguments: `x-queue-type` and the like.
  /// - Returns: Its name and what the broker counted.
  /// - Throws: `preconditionFailed` with the broker's text, which names queue and argument, if it
  ///   exists and differs; `resourceLocked` if another connection owns it.
  public func declareQueue(
    _ name: String?, durable: Bool = true, exclusive: Bool = false, autoDelete: Bool = false,
    arguments: [String: AMQPFieldValue] = [:]
  ) throws(AMQPError) -> AMQPQueue {
    try perform("queue \(name ?? "(to be named)")") { connection throws(AMQPError) in
      try connection.declareQueue(
        name ?? "", passive: false, durable: durable, exclusive: exclusive,
        autoDelete: autoDelete, arguments: arguments)
    }
  }

  /// Looks a queue up. Wraps `amqp_queue_declare` with passive set.
  ///
  /// - Returns: Its counts; those of a quorum queue whose leader is away are 0.
  /// - Throws: `notFound` if there is none.
  public func declareQueuePassive(_ name: String) throws(AMQPError) -> AMQPQueue {
    try perform("queue \(name)") { connection throws(AMQPError) in
      try connection.declareQueue(
        name, passive: true, durable: false, exclusive: false, autoDelete: false, arguments: [:])
    }
  }

  /// Binds a queue to an exchange; twice is the same as once. Wraps `amqp_queue_bind`.
  ///
  /// - Throws: `notFound` if one of them is missing.
  public func bind(queue: String, exchange: String, routingKey: String) throws(AMQPError) {
    try perform("queue \(queue)") { connection throws(AMQPError) in
      try connection.bind(queue: queue, exchange: exchange, routingKey: routingKey)
    }
  }

  /// Removes a binding; one that does not exist is no error. Wraps `amqp_queue_unbind`.
  public func unbind(queue: String, exchange: String, routingKey: String) throws(AMQPError) {
    try perform("queue \(queue)") { connection throws(AMQPError) in
      try connection.unbind(queue: queue, exchange: exchange, routingKey: routingKey)
    }
  }

  /// Deletes a queue with all that it holds; none by that name counts as 0. Wraps
  /// `amqp_queue_delete`.
  ///
  /// - Returns: How many messages went with it.
  @discardableResult
  public func deleteQueue(_ name: String) throws(AMQPError) -> UInt32 {
    try perform("queue \(name)") { connection throws(AMQPError) in
      try connection.deleteQueue(name)
    }
  }

  /// Drops the messages that wait in a queue, not those delivered and unacked. Wraps
  /// `amqp_queue_purge`.
  ///
  /// - Returns: How many were dropped.
  /// - Throws: `notFound`.
  @discardableResult
  public func purgeQueue(_ name: String) throws(AMQPError) -> UInt32 {
    try perform("queue \(name)") { connection throws(AMQPError) in
      try connection.purgeQueue(name)
    }
  }

  /// Ends the shared use of a connection without closing it.
  func retire() { connection = nil }

  private func connect(_ configuration: AMQPConfiguration) throws(AMQPError) {
    connection = try Connection(configuration, executor: executor, heartbeats: false)
  }

  private func perform<Answer>(
    _ subject: String, _ body: (Connection) throws(AMQPError) -> Answer
  ) throws(AMQPError) -> Answer {
    guard let connection else { throw AMQPError(.notConnected, "the channel is closed") }
    do throws(AMQPError) {
      return try body(connection)
    } catch {
      if connection.isUsable, error.replyCode != nil { connection.reopenChannel() }
      throw AMQPError(
        error.code, "\(subject): \(error.message)", replyCode: error.replyCode, file: error.file,
        line: error.line)
    }
  }
}
