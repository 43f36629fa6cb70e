import Synchronization

/// Whether new jobs may still be accepted while the broker does not take their tickets.
public final class BacklogGauge: Sendable {
  /// The most unconfirmed tickets before new jobs are refused.
  public let limit: Int
  private let unconfirmed = Atomic<Int>(0)

  /// `limit` is 1 or more; the gauge reads empty until a relay duty has counted.
  public init(limit: Int) { self.limit = limit }

  /// Whether as many tickets wait as may wait.
  public var isFull: Bool { unconfirmed.load(ordering: .relaxed) >= limit }

  func update(_ count: Int) { unconfirmed.store(count, ordering: .relaxed) }
}
