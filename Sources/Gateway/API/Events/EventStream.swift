import Hummingbird
import HummingbirdCore
import Jobs
import Logging
import NIOCore
import Observability

/// Sends one job's events to one client, as fast as the client takes them.
///
/// The next batch is pulled once the one before is with the socket, so what waits for a slow
/// reader waits in the feed and nowhere else.
struct EventStream: Sendable {
  /// What the client shall wait before it comes again: all that was sent is kept.
  private static let opening = "retry: 1000\n\n"
  private static let alive = ": alive\n\n"

  let batches: AsyncThrowingStream<[JobEvent], any Error>
  let drain: OnceSignal
  let departure: OnceSignal
  let channel: any Channel
  let logger: Logger

  /// The body of the answer. It ends after the job's last event, and earlier, in good order, when
  /// the node drains, the feed fails or the client has gone.
  var body: ResponseBody {
    ResponseBody { writer in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await closeAfterDrain() }
        try await writer.write(ByteBuffer(string: Self.opening))
        while let batch = await next() { try await writer.write(Self.text(batch)) }
        try await writer.finish(nil)
        group.cancelAll()
      }
    }
  }

  /// A reader that takes nothing does not hold up a node that stops.
  private func closeAfterDrain() async throws {
    await drain.wait()
    try await Task.sleep(for: .seconds(1))
    channel.close(promise: nil)
  }

  /// - Returns: `nil` when nothing more is to be sent.
  private func next() async -> [JobEvent]? {
    let interruption = Interruption(drain: drain, departure: departure)
    guard !interruption.isRaised else { return nil }
    do {
      return try await interruption.race(orElse: nil) {
        var iterator = batches.makeAsyncIterator()
        return try await iterator.next()
      }
    } catch {
      // The client comes again by itself, and loses nothing.
      logger.warning(
        "an event stream was cut", metadata: .fields([.error: String(reflecting: type(of: error))]))
      return nil
    }
  }

  private static func text(_ batch: [JobEvent]) -> ByteBuffer {
    guard !batch.isEmpty else { return ByteBuffer(string: alive) }
    var bytes: [UInt8] = []
    for event in batch { event.write(to: &bytes) }
    return ByteBuffer(bytes: bytes)
  }
}
