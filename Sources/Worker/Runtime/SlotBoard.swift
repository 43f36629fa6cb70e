import Engine
import Jobs

/// The steps that run on a worker now, and how to stop each.
struct SlotBoard {
  /// Why a running step is stopped from outside.
  enum StopReason: Sendable {
    /// Another worker may have it by now: discard what it did.
    case leaseLost
    /// The worker stops: give it back.
    case giveBack
    /// The job was cancelled: keep what there is.
    case cancelled
    /// It has taken longer than a step may.
    case overdue(Duration)
    /// It has shown no sign of progress for so long.
    case idle(Duration)
  }

  struct Slot {
    let step: ClaimedStep
    let number: Int
    let startedAt: ContinuousClock.Instant
    let stop: AsyncStream<StopReason>.Continuation
    /// What shows its progress.
    var text: WrittenText?
  }

  /// By step and claim, as a worker that was paused may hold one step twice.
  private(set) var slots: [HeldStep: Slot] = [:]

  var count: Int { slots.count }

  var runsSuspect: Bool { slots.values.contains { $0.step.isSuspect } }

  /// The jobs whose steps run.
  var jobs: Set<JobID> { Set(slots.values.map(\.step.job)) }

  /// How many steps run, by priority.
  var byPriority: [Priority: Int] {
    slots.values.reduce(into: [:]) { $0[$1.step.lane.priority, default: 0] += 1 }
  }

  /// The smallest number that no slot has: names a thread that is free.
  private var freeNumber: Int {
    let taken = Set(slots.values.map(\.number))
    return (0...).first { !taken.contains($0) } ?? taken.count
  }

  /// Puts a step into a free slot.
  ///
  /// - Returns: The slot's number, and the stream that tells when to stop.
  mutating func start(_ step: ClaimedStep) -> (number: Int, stops: AsyncStream<StopReason>) {
    let (stops, stop) = AsyncStream<StopReason>.makeStream(bufferingPolicy: .bufferingOldest(1))
    let number = freeNumber
    slots[step.held] = Slot(step: step, number: number, startedAt: .now, stop: stop)
    return (number, stops)
  }

  mutating func end(_ step: HeldStep) { slots.removeValue(forKey: step)?.stop.finish() }

  /// Hears what a step writes.
  mutating func watch(_ step: HeldStep, _ text: WrittenText) { slots[step]?.text = text }

  /// Stops what has run for longer than a step may, or shows no progress.
  func stopOverdue(after limit: Duration) {
    let now = ContinuousClock.now
    for slot in slots.values {
      let limit = min(limit, slot.step.timeout ?? limit)
      if now - slot.startedAt > limit { slot.stop.yield(.overdue(limit)) }
      let progress = max(slot.startedAt, slot.text?.progressedAt ?? slot.startedAt)
      if let idle = slot.step.idleTimeout, now - progress > idle { slot.stop.yield(.idle(idle)) }
    }
  }

  func stop(_ step: HeldStep, _ reason: StopReason) { slots[step]?.stop.yield(reason) }
}
