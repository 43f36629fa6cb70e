public import ServiceLifecycle

/// Puts concurrent submissions into shared flushes: group commit.
///
/// A flush begins as soon as none is under way and takes all that waits, up to the limit; so a
/// lone submission is not delayed, and under load the groups grow by themselves. A further one
/// begins beside it only when a whole group waits: two half groups cost more than a full one.
public final class Batcher<Input: Sendable, Output: Sendable>: Service {
  private struct Entry: Sendable {
    let input: Input
    let continuation: CheckedContinuation<Output, any Error>
  }

  private let flushers: Int
  private let flush: @Sendable ([Input]) async -> [Result<Output, any Error>]
  private let inbox: BatchInbox<Entry>

  /// - Parameters:
  ///   - limit: The most inputs of one flush.
  ///   - flushers: How many flushes may be under way at once.
  ///   - flush: Answers each input, in order.
  public init(
    limit: Int, flushers: Int,
    flush: @escaping @Sendable ([Input]) async -> [Result<Output, any Error>]
  ) {
    inbox = BatchInbox(limit: limit)
    self.flushers = flushers
    self.flush = flush
  }

  /// Submits one input and waits for its answer, which does come even if the task is cancelled.
  ///
  /// - Throws: What the flush answers; ``BatcherStopped`` after shutdown.
  public func submit(_ input: Input) async throws -> Output {
    try await withCheckedThrowingContinuation { continuation in
      if !inbox.put(Entry(input: input, continuation: continuation)) {
        continuation.resume(throwing: BatcherStopped())
      }
    }
  }

  /// Runs the flushers; at a graceful shutdown what was submitted is flushed first.
  public func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<flushers { group.addTask { await self.flushUntilStopped() } }
      }
    } onGracefulShutdown: {
      self.inbox.stop()
    }
    for entry in inbox.drain() { entry.continuation.resume(throwing: BatcherStopped()) }
  }

  private func flushUntilStopped() async {
    while let entries = await inbox.takeGroup() {
      let answers = await flush(entries.map(\.input))
      inbox.finishGroup()
      for (entry, answer) in zip(entries, answers) { entry.continuation.resume(with: answer) }
    }
  }
}

/// The batcher does not run any more.
public struct BatcherStopped: Error, Sendable, CustomStringConvertible {
  /// Always the same text; safe for users and logs.
  public let description = "the process is stopping"
}
