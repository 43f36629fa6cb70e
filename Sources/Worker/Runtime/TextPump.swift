import Engine
import Jobs
import Logging
import Observability
import Synchronization

/// Passes on what the running steps have to tell before they end: what turns write, to those who
/// watch at most every 20 ms and to the database once a second; and that their jobs have started,
/// unless they end sooner.
final class TextPump: Sendable {
  private struct Turn {
    let step: ClaimedStep
    let text: WrittenText
  }

  private let store: TurnTextStore
  private let logger: Logger
  private let turns = Mutex<[HeldStep: Turn]>([:])
  private let starts = Mutex<[HeldStep: ClaimedStep]>([:])
  private let begins = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
  private let writes = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

  init(store: TurnTextStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Takes in a step that begins.
  func begin(_ step: ClaimedStep) -> WrittenText {
    let text = WrittenText { [writes] in writes.continuation.yield() }
    if step.kind == .agentTurn {
      turns.withLock { $0[step.held] = Turn(step: step, text: text) }
    }
    if step.index == 0 {
      starts.withLock { $0[step.held] = step }
      begins.continuation.yield()
    }
    return text
  }

  /// Shows the rest of a step's text, before its end is told.
  func end(_ step: ClaimedStep) {
    starts.withLock { $0[step.held] = nil }
    guard let turn = turns.withLock({ $0.removeValue(forKey: step.held) }) else { return }
    show([turn])
  }

  /// Works until it is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.noteStarts() }
      group.addTask { await self.showWhatIsWritten() }
      group.addTask { await self.storeWhatIsWritten() }
    }
  }

  private func noteStarts() async {
    for await _ in begins.stream {
      do {
        // A step that is over by then tells of its start with its end, which costs less.
        try await Task.sleep(for: .milliseconds(60))
        let steps = starts.withLock { starts in
          defer { starts = [:] }
          return Array(starts.values)
        }
        try await store.noteStart(of: steps)
      } catch is CancellationError {
        return
      } catch {
        logger.debug(
          "starts are told later", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func showWhatIsWritten() async {
    for await _ in writes.stream {
      show(turns.withLock { Array($0.values) })
      // What is written meanwhile goes out together. It fails only at the end.
      try? await Task.sleep(for: .milliseconds(20))
    }
  }

  private func show(_ turns: [Turn]) {
    for turn in turns {
      while let piece = turn.text.takeUnshown(limit: TurnTextStore.maximumPiece) {
        store.show([TurnText(step: turn.step, offset: piece.offset, bytes: piece.bytes)])
      }
    }
  }

  private func storeWhatIsWritten() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: .seconds(1))
        try await storeNow()
      } catch is CancellationError {
        return
      } catch {
        // It is stored later, at the latest with the turn's end.
        logger.debug(
          "text waits for the database", metadata: .fields([.error: String(describing: error)]))
      }
    }
  }

  private func storeNow() async throws {
    let turns = turns.withLock { Array($0.values) }
    let texts = turns.compactMap { turn in
      turn.text.unstored(limit: TurnTextStore.maximumStored).map {
        TurnText(step: turn.step, offset: $0.offset, bytes: $0.bytes)
      }
    }
    let stored = try await store.store(texts)
    for text in texts where stored.contains(text.step.held) {
      let turn = turns.first { $0.step.held == text.step.held }
      turn?.text.markStored(upTo: text.offset + text.bytes.count)
    }
  }
}
