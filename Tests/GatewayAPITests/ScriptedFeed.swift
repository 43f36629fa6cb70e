import GatewayAPI
import Jobs
import Synchronization

/// Says something once to a test that waits for it.
final class TestSignal: Sendable {
  private let state = Mutex<(isRaised: Bool, waiters: [CheckedContinuation<Void, Never>])>(
    (false, []))

  func raise() {
    let waiters = state.withLock { state in
      defer { state = (true, []) }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  func wait() async {
    await withCheckedContinuation { continuation in
      let isRaised = state.withLock { state in
        if !state.isRaised { state.waiters.append(continuation) }
        return state.isRaised
      }
      if isRaised { continuation.resume() }
    }
  }
}

/// The events of one job, sent when a test says so.
final class ScriptedFeed: Sendable {
  let job: JobID
  /// Raised once a client follows.
  let opened = TestSignal()
  /// Raised once the subscription is dropped.
  let dropped = TestSignal()
  let isExhausted: Bool
  /// The number after which the client asked for events.
  let after = Mutex<Int64?>(nil)
  /// How many batches an endless feed has given.
  let pulls = Mutex(0)
  private let endless: [JobEvent]?
  private let stream = Mutex<AsyncThrowingStream<[JobEvent], any Error>.Continuation?>(nil)

  /// - Parameter endless: A batch that is given again and again, as fast as it is taken.
  init(job: JobID, isExhausted: Bool = false, endless: [JobEvent]? = nil) {
    self.job = job
    self.isExhausted = isExhausted
    self.endless = endless
  }

  func subscription(after sequence: Int64) -> EventSubscription {
    after.withLock { $0 = sequence }
    defer { opened.raise() }
    if let endless {
      // Dropped with the closure of its last reader.
      let life = FeedLife(feed: self)
      return EventSubscription(
        isExhausted: false,
        batches: AsyncThrowingStream {
          life.feed.pulls.withLock { $0 += 1 }
          return endless
        })
    }
    let (batches, continuation) = AsyncThrowingStream<[JobEvent], any Error>.makeStream()
    continuation.onTermination = { _ in self.dropped.raise() }
    stream.withLock { $0 = continuation }
    return EventSubscription(isExhausted: isExhausted, batches: batches)
  }

  func send(_ events: JobEvent...) { _ = stream.withLock { $0 }?.yield(events) }

  func end(throwing error: (any Error)? = nil) { stream.withLock { $0 }?.finish(throwing: error) }
}

private final class FeedLife: Sendable {
  let feed: ScriptedFeed

  init(feed: ScriptedFeed) { self.feed = feed }

  deinit { feed.dropped.raise() }
}
