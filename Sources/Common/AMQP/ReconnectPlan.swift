/// Decides how long to stay away after a connection or an attempt has failed.
struct ReconnectPlan {
  /// A connection that lived this long makes the next pause a first one again.
  static let stableAfter = Duration.seconds(5)

  private var backoff: Backoff
  private var connectedAt: ContinuousClock.Instant?
  private var awayUntil: ContinuousClock.Instant?

  init(_ backoff: Backoff) { self.backoff = backoff }

  mutating func connected(at now: ContinuousClock.Instant) { connectedAt = now }

  /// The owner wants no connection before then.
  mutating func stayAway(until end: ContinuousClock.Instant) {
    awayUntil = max(awayUntil ?? end, end)
  }

  /// Until when the owner wants no connection; `nil` when one may be made.
  func away(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    awayUntil.flatMap { $0 > now ? $0 : nil }
  }

  /// The pause before the next attempt.
  mutating func failed(at now: ContinuousClock.Instant, random: Double) -> Duration {
    if let connectedAt, now - connectedAt >= Self.stableAfter { backoff.reset() }
    connectedAt = nil
    return max(backoff.next(random: random), away(at: now).map { $0 - now } ?? .zero)
  }
}
