import Synchronization

/// The text that one run of a turn has written, how much of it was passed on, and when the step last
/// showed a sign of progress.
final class WrittenText: Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var shown = 0
    var stored = 0
    var progressedAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())
  private let onWrite: @Sendable () -> Void

  /// - Parameter onWrite: Told after each piece.
  init(onWrite: @escaping @Sendable () -> Void) { self.onWrite = onWrite }

  /// All of it.
  var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

  /// How much of it is stored, in bytes.
  var stored: Int { state.withLock { $0.stored } }

  /// When the last piece came, or the last word of a skill that it gets on.
  var progressedAt: ContinuousClock.Instant? { state.withLock { $0.progressedAt } }

  /// Hears that the step gets on, without text.
  func progress() { state.withLock { $0.progressedAt = .now } }

  func append(_ piece: String) {
    guard !piece.utf8.isEmpty else { return }
    state.withLock {
      $0.bytes.append(contentsOf: piece.utf8)
      $0.progressedAt = .now
    }
    onWrite()
  }

  /// The next piece that nobody was shown, cut between characters; `nil` when there is none.
  func takeUnshown(limit: Int) -> (offset: Int, bytes: [UInt8])? {
    state.withLock { state in
      guard let end = Self.cut(state.bytes, from: state.shown, limit: limit) else { return nil }
      defer { state.shown = end }
      return (state.shown, Array(state.bytes[state.shown..<end]))
    }
  }

  /// What is not stored yet; `nil` when all of it is.
  func unstored(limit: Int) -> (offset: Int, bytes: [UInt8])? {
    state.withLock { state in
      guard let end = Self.cut(state.bytes, from: state.stored, limit: limit) else { return nil }
      return (state.stored, Array(state.bytes[state.stored..<end]))
    }
  }

  /// Hears that all before an offset is stored.
  func markStored(upTo end: Int) { state.withLock { $0.stored = max($0.stored, end) } }

  /// The end of a piece, not within a character of UTF-8.
  private static func cut(_ bytes: [UInt8], from start: Int, limit: Int) -> Int? {
    guard start < bytes.count else { return nil }
    var end = min(bytes.count, start + limit)
    while end < bytes.count, end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }
}
