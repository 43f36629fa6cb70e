/// Growing, jittered pauses: `base × 2^n` up to `limit`, of which half to all is waited.
public struct Backoff: Sendable, Equatable {
  /// The full pause after the first failure. Default 200 ms.
  public var base: Duration
  /// No full pause is longer. Default 2 s: what a broker that is back waits for its clients at most.
  public var limit: Duration
  private var failures = 0

  /// Pauses from `base` to `limit`.
  public init(base: Duration = .milliseconds(200), limit: Duration = .seconds(2)) {
    self.base = base
    self.limit = limit
  }

  /// The pause after one more failure.
  ///
  /// - Parameter random: Uniform in 0...1.
  public mutating func next(random: Double) -> Duration {
    var full = base
    for _ in 0..<failures where full < limit { full *= 2 }
    failures += 1
    return min(full, limit) * (0.5 + 0.5 * min(max(random, 0), 1))
  }

  /// The next pause is a first one again.
  public mutating func reset() { failures = 0 }
}
