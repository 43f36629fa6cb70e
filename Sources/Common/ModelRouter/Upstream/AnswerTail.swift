import HTTP
import Synchronization

/// What a server sends behind the end of an answer: as a rule nothing but the end of the body.
///
/// A connection is used again only when its body was read to the end. Most servers end it at once;
/// one that does not costs the connection and a fifth of a second.
final class AnswerTail: Sendable {
  private static let patience = Duration.milliseconds(200)

  private let events: Mutex<ServerSentEvents.Iterator?>

  init(_ events: sending ServerSentEvents.Iterator) { self.events = Mutex(events) }

  /// Reads to the end of the body, or ends the transfer.
  func drain() async {
    await withTaskGroup { group in
      group.addTask { await self.read() }
      // Cancelled as soon as the end has come.
      group.addTask { try? await Task.sleep(for: Self.patience) }
      await group.next()
      group.cancelAll()
    }
  }

  private func read() async {
    var rest = events.withLock { $0.take() }
    // What still goes wrong here takes nothing from the answer.
    while (try? await rest?.next()) != nil {}
  }
}
