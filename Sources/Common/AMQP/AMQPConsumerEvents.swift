import Synchronization

/// A consumer's events, for one reader; ends when the consumer's `run()` does.
public struct AMQPConsumerEvents: AsyncSequence, Sendable {
  /// An event and whether it counts against the backlog of deliveries without ack.
  typealias Item = (event: AMQPConsumerEvent, counts: Bool)

  /// Waits for the next event; nil at the end or when the reading task is cancelled.
  public struct AsyncIterator: AsyncIteratorProtocol {
    var base: AsyncStream<Item>.Iterator
    let backlog: Backlog

    /// The next event.
    public mutating func next() async -> AMQPConsumerEvent? {
      await next(isolation: nil)
    }

    /// The next event, without leaving the caller's actor when one is there already.
    public mutating func next(
      isolation actor: isolated (any Actor)?
    ) async -> AMQPConsumerEvent? {
      guard let item = await base.next(isolation: actor) else { return nil }
      if item.counts { backlog.taken() }
      return item.event
    }
  }

  let stream: AsyncStream<Item>
  let sink: AsyncStream<Item>.Continuation
  private let backlog: Backlog

  init(limit: Int) {
    (stream, sink) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    backlog = Backlog(limit: limit)
  }

  /// Begins to read.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(base: stream.makeAsyncIterator(), backlog: backlog)
  }

  func send(_ event: AMQPConsumerEvent) { sink.yield((event, false)) }

  /// Adds a delivery that nobody will ack; false when the reader is too far behind.
  func sendUnacked(_ delivery: AMQPDelivery) -> Bool {
    guard backlog.add() else { return false }
    sink.yield((.delivery(delivery), true))
    return true
  }

  func finish() { sink.finish() }
}

/// Counts deliveries that the reader has not taken yet.
final class Backlog: Sendable {
  private let count = Atomic(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  func add() -> Bool {
    guard count.load(ordering: .relaxed) < limit else { return false }
    count.add(1, ordering: .relaxed)
    return true
  }

  func taken() { count.subtract(1, ordering: .relaxed) }
}
