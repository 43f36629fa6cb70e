import Jobs

/// Puts the pieces of agents' text in order: what comes out can be shown as it comes, each byte
/// once, and nothing before what precedes it.
struct StreamedText {
  /// What to do with a piece.
  enum Outcome: Equatable {
    /// It is known, void, or has to wait for what precedes it.
    case nothing
    /// A turn's text goes on with this.
    case text(String)
    /// What was shown of the turn is void; its text begins again with this, which may be empty.
    case restart(String)
  }

  private struct Turn {
    var attempt: Int
    var shown = 0
    /// Pieces that cannot be shown yet, by their offset.
    var waiting: [Int: [UInt8]] = [:]

    mutating func advance() -> [UInt8] {
      var fresh: [UInt8] = []
      while let next = waiting.keys.min(), next <= shown, let bytes = waiting[next] {
        waiting[next] = nil
        guard next + bytes.count > shown else { continue }
        fresh += bytes.dropFirst(shown - next)
        shown = next + bytes.count
      }
      return fresh
    }
  }

  private var turns: [StepID: Turn] = [:]

  /// Takes the next piece, whatever the order.
  mutating func take(_ delta: TextDelta) -> Outcome {
    var turn = turns[delta.step] ?? Turn(attempt: delta.attempt)
    guard delta.attempt >= turn.attempt else { return .nothing }
    let isVoid = delta.attempt > turn.attempt && turn.shown > 0
    if delta.attempt > turn.attempt { turn = Turn(attempt: delta.attempt) }
    if let text = delta.text, (turn.waiting[delta.offset]?.count ?? 0) < delta.length {
      turn.waiting[delta.offset] = Array(text.utf8)
    }
    let fresh = String(decoding: turn.advance(), as: UTF8.self)
    turns[delta.step] = turn
    if isVoid { return .restart(fresh) }
    return fresh.isEmpty ? .nothing : .text(fresh)
  }
}
