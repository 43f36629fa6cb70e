public import Jobs
import Synchronization

/// Whether new jobs may still be accepted while the broker does not take their tickets.
public final class BacklogGauge: Sendable {
  /// How many unconfirmed tickets there may be before new jobs are refused.
  public let limit: Int
  private let state = Mutex(State())

  private struct State {
    var unconfirmed = 0
    /// The lanes with a ``BacklogGauge/share`` or more; `nil` while that is not known.
    var crowded: Set<Lane>?
  }

  /// `limit` is 1 or more; the gauge reads empty until a relay duty has counted.
  public init(limit: Int) { self.limit = limit }

  /// How many tickets a lane may have itself while there are too many of all: an eighth of the limit,
  /// so that one lane whose tickets nobody takes does not keep jobs from the others.
  var share: Int { max(1, limit / 8) }

  /// Whether no more jobs of a lane may be accepted.
  public func isFull(for lane: Lane) -> Bool {
    state.withLock { $0.unconfirmed >= limit && ($0.crowded?.contains(lane) ?? true) }
  }

  func update(_ count: Int, crowded: Set<Lane>? = nil) {
    state.withLock { $0 = State(unconfirmed: count, crowded: crowded) }
  }
}
