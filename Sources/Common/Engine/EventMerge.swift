import Jobs

/// Joins a job's stored events with the text that comes before it is stored: a pure decision on
/// what one reader is sent.
///
/// Each byte of a turn's text goes out once, in order. Live text that does not continue what was
/// sent is left out; the event that stores it brings it.
struct EventMerge: Sendable {
  /// The seq of the last stored event that was sent.
  private(set) var lastSequence: Int64
  private var reached: [StepID: Reach] = [:]

  private struct Reach {
    var run: Int
    var end: Int
  }

  /// - Parameter reached: How far the text goes that the reader has.
  init(after sequence: Int64, reached: [(step: StepID, run: Int, end: Int)] = []) {
    lastSequence = sequence
    for (step, run, end) in reached where run >= (self.reached[step]?.run ?? 0) {
      self.reached[step] = Reach(run: run, end: end)
    }
  }

  /// What to send of live text; `nil` when it is void, was sent, or does not follow.
  mutating func live(_ text: [UInt8], step: StepID, run: Int, offset: Int) -> TextDelta? {
    var reach = reached[step] ?? Reach(run: run, end: 0)
    guard run >= reach.run else { return nil }
    if run > reach.run { reach = Reach(run: run, end: 0) }
    guard offset <= reach.end, text.count > reach.end - offset else { return nil }
    let rest = text[(reach.end - offset)...]
    let delta = TextDelta(
      step: step, attempt: run, offset: reach.end, length: rest.count,
      text: String(decoding: rest, as: UTF8.self))
    reach.end = offset + text.count
    reached[step] = reach
    return delta
  }

  /// What to send of a stored event; `nil` when it was sent before.
  mutating func stored(_ event: JobEvent) -> JobEvent? {
    guard let sequence = event.sequence, sequence > lastSequence else { return nil }
    lastSequence = sequence
    guard case .delta(let delta) = event.content else { return event }
    return JobEvent(
      job: event.job, sequence: sequence, type: event.type, at: event.at,
      content: .delta(unsent(delta)))
  }

  /// The part of a stored range that the reader lacks, or the range without text.
  private mutating func unsent(_ delta: TextDelta) -> TextDelta {
    var reach = reached[delta.step] ?? Reach(run: delta.attempt, end: 0)
    if delta.attempt > reach.run { reach = Reach(run: delta.attempt, end: 0) }
    let end = delta.offset + delta.length
    guard delta.attempt == reach.run, end > reach.end, let text = delta.text else {
      return TextDelta(
        step: delta.step, attempt: delta.attempt, offset: delta.offset, length: delta.length,
        text: nil)
    }
    let start = max(reach.end, delta.offset)
    let rest = Array(text.utf8)[(start - delta.offset)...]
    reached[delta.step] = Reach(run: delta.attempt, end: end)
    return TextDelta(
      step: delta.step, attempt: delta.attempt, offset: start, length: rest.count,
      text: String(decoding: rest, as: UTF8.self))
  }
}
