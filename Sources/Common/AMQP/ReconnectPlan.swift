/// Decides how long to stay away after a connection or an attempt has failed.
struct ReconnectPlan {
  /// A connection that lived this long makes the next pause a first one again.
  static let stableAfter = Duration.seconds(5)

  private var backoff: Backoff
  private var connectedAt: ContinuousClock.Instant?
  private var awayAtLeast = Duration.zero

  init(_ backoff: Backoff) { self.backoff = backoff }

  mutating func connected(at now: ContinuousClock.Instant) { connectedAt = now }

  /// The owner wants the next pause to be this long at least.
  mutating func stayAway(_ duration: Duration) { awayAtLeast = max(awayAtLeast, duration) }

  /// The pause before the next attempt.
  mutating func failed(at now: ContinuousClock.Instant, random: Double) -> Duration {
    if let connectedAt, now - connectedAt >= Self.stableAfter { backoff.reset() }
    connectedAt = nil
    defer { awayAtLeast = .zero }
    return max(backoff.next(random: random), awayAtLeast)
  }
}
