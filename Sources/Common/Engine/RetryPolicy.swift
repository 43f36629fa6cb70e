public import Jobs

/// What a failed attempt becomes.
public struct RetryPolicy: Sendable, Hashable {
  /// The most attempts at one step; crashes are counted apart.
  public var maximumAttempts = 5
  /// The most deaths of a process with the step aboard.
  public var maximumCrashes = 4
  /// The longest back-off.
  public var ceiling: Duration = .seconds(300)

  /// 5 attempts, 4 crashes, a ceiling of 300 s.
  public init() {}

  /// `nil` when the step is dead; else how long to wait for the next attempt.
  ///
  /// - Parameters:
  ///   - attempt: The attempt that failed, from 1.
  ///   - jitter: From -1 to 1; moves the wait by as much as a fifth.
  public func delay(after failure: StepFailure, attempt: Int, jitter: Double) -> Duration? {
    guard failure.isRetryable, attempt < maximumAttempts else { return nil }
    let exponential = Duration.seconds(1 << min(max(attempt, 0), 20))
    let wait = min(exponential, ceiling) * (1 + 0.2 * jitter)
    return max(wait, failure.retryAfter ?? .zero)
  }
}

extension Duration {
  static func * (duration: Duration, factor: Double) -> Duration {
    let (seconds, attoseconds) = duration.components
    return .seconds((Double(seconds) + Double(attoseconds) / 1e18) * factor)
  }
}
