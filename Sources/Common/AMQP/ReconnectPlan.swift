/// Decides how long to stay away after a connection or an attempt has failed.
struct ReconnectPlan {
  /// A connection that lived this long makes the next pause a first one again.
  static let stableAfter = Duration.seconds(5)

  private var backoff: Backoff
  private var connectedAt: ContinuousClock.Instant?
  private var awayUntil: ContinuousClock.Instant?

  init(_ backoff: Backoff) { self.backoff = backoff }

  mutating func connected(at now: ContinuousClock.Instant) { connectedAt = now }

  /// The owner wants no connection for this long.
  mutating func stayAway(_ duration: Duration, at now: ContinuousClock.Instant) {
    awayUntil = max(awayUntil ?? now, now + duration)
  }

  /// How much longer the owner wants no connection; `nil` when one may be made.
  func absence(at now: ContinuousClock.Instant) -> Duration? {
    awayUntil.flatMap { $0 > now ? $0 - now : nil }
  }

  /// The pause before the next attempt.
  mutating func failed(at now: ContinuousClock.Instant, random: Double) -> Duration {
    if let connectedAt, now - connectedAt >= Self.stableAfter { backoff.reset() }
    connectedAt = nil
    return max(backoff.next(random: random), absence(at: now) ?? .zero)
  }
}
