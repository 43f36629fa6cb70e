import Executors
public import Logging
public import ServiceLifecycle
import Synchronization

/// Publishes with confirms on one long-lived connection of its own, and reconnects by itself.
///
/// ``run()`` owns the connection; without it everything is refused. Nothing is kept for later:
/// a message is written at once or refused, and what to do then is the caller's decision.
public actor AMQPPublisher: Service {
  /// Changes of the connection, newest 64 kept; for one reader.
  public nonisolated let states: AsyncStream<AMQPLinkState>

  nonisolated let executor: ThreadExecutor
  let configuration: AMQPConfiguration
  let logger: Logger
  let onConnect: (@Sendable (AMQPChannel) async throws -> Void)?
  let stateSink: AsyncStream<AMQPLinkState>.Continuation

  // Why nothing can be published now; readable while the thread is busy connecting.
  private nonisolated let refusal = RefusalBox()

  var connection: Connection?
  var ledger = ConfirmLedger<(batch: PublishBatch, index: Int)>()
  var hasConfirms = false
  var plan: ReconnectPlan
  var generation: UInt64 = 0
  var isStopping = false
  /// Why the connection was dropped, until the loop has seen it.
  var failure: AMQPError?

  /// The thread that owns the connection.
  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    executor.asUnownedSerialExecutor()
  }

  /// A publisher that does nothing before ``run()``.
  ///
  /// - Parameters:
  ///   - configuration: Where and how long.
  ///   - onConnect: Declares what is published to, on each new connection before it is used; an
  ///     error makes it try again later.
  ///   - logger: Gets one entry per connection made or lost.
  public init(
    configuration: AMQPConfiguration,
    onConnect: (@Sendable (AMQPChannel) async throws -> Void)? = nil, logger: Logger
  ) {
    self.configuration = configuration
    self.onConnect = onConnect
    self.logger = logger
    executor = ThreadExecutor(name: "amqp-publish")
    plan = ReconnectPlan(configuration.backoff)
    (states, stateSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
  }

  /// Whether a message would be written now: connected and not blocked.
  public nonisolated var isReady: Bool { refusal.value == nil }

  /// Publishes with `mandatory` and waits for the broker's answer to each message.
  ///
  /// The messages are written together. Never throws and never hangs: each is settled within
  /// the write timeout plus the confirm timeout, cancelled or not. Messages in flight at the same
  /// time to the same place need different message ids, or their returns are told apart by order.
  ///
  /// - Parameter onWritten: Called once the socket has taken what it takes of the messages, before
  ///   the broker's answers are waited for; on the connection's thread, which it must not block.
  /// - Returns: The outcomes, in the order of `messages`.
  public nonisolated func publish(
    _ messages: [OutgoingMessage], onWritten: (@Sendable () -> Void)? = nil
  ) async -> [PublishOutcome] {
    guard !messages.isEmpty else { return [] }
    if let reason = refusal.value {
      return Array(repeating: .refused(reason), count: messages.count)
    }
    return await submit(messages, onWritten)
  }

  /// Publishes without `mandatory` and without asking what became of it.
  ///
  /// Drops the rest as soon as the broker or the socket does not take any more.
  ///
  /// - Returns: How many were written; the others were dropped.
  public nonisolated func publishUnconfirmed(_ messages: [OutgoingMessage]) async -> Int {
    guard !messages.isEmpty, refusal.value == nil else { return 0 }
    return await submitUnconfirmed(messages)
  }

  /// Keeps a connection until graceful shutdown or cancellation, then waits for what is in flight
  /// for ``AMQPConfiguration/drainTimeout`` at most. Call it once.
  public func run() async throws {
    await withDiscardingTaskGroup { group in
      group.addTask { [self] in
        try? await gracefulShutdown()  // throws when cancelled, which ends the service as well
        await stop()
      }
      await serve()
      group.cancelAll()
    }
    stateSink.finish()
  }

  private func stop() {
    isStopping = true
    setRefusal(.stopped)
  }

  func setRefusal(_ reason: PublishOutcome.RefusalReason?) {
    // `stopped` is the last word.
    if isStopping, reason != .stopped { return }
    refusal.value = reason
  }

  var currentRefusal: PublishOutcome.RefusalReason? { refusal.value }
}

/// The publisher's reason to refuse, shared with callers that are not on its thread.
private final class RefusalBox: Sendable {
  private let reason = Mutex<PublishOutcome.RefusalReason?>(.notConnected)

  var value: PublishOutcome.RefusalReason? {
    get { reason.withLock { $0 } }
    set { reason.withLock { $0 = newValue } }
  }
}
