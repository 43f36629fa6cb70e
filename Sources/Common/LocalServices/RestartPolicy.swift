/// Decides how long to wait before something that has ended is started again.
///
/// The wait doubles with each end in a row, and starts over after a run that lasted.
public struct RestartPolicy: Sendable {
  /// The wait after the first end.
  public var firstDelay: Duration
  /// The longest wait.
  public var longestDelay: Duration
  /// A run at least this long counts as stable: the wait after it is `firstDelay` again.
  public var stableAfter: Duration
  /// How many times in a row it has ended without having been stable.
  public private(set) var failures = 0

  /// By default 0.5 s, doubling up to 30 s, and starting over after a run of 60 s.
  public init(
    firstDelay: Duration = .milliseconds(500), longestDelay: Duration = .seconds(30),
    stableAfter: Duration = .seconds(60)
  ) {
    self.firstDelay = firstDelay
    self.longestDelay = longestDelay
    self.stableAfter = stableAfter
  }

  /// Notes an end and gives the wait before the next start.
  ///
  /// - Parameter duration: how long it ran; zero when it could not be started at all.
  public mutating func delay(afterRunOf duration: Duration) -> Duration {
    failures = duration >= stableAfter ? 1 : failures + 1
    var delay = firstDelay
    var doublings = failures - 1
    while doublings > 0, longestDelay > delay, delay > .zero {
      delay *= 2
      doublings -= 1
    }
    return min(delay, longestDelay)
  }
}
