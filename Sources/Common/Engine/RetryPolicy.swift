public import Jobs

/// What a failed attempt becomes, by the class of its failure.
public struct RetryPolicy: Sendable, Hashable {
  /// What failures of one class get.
  struct Rule: Sendable, Hashable {
    /// The most tries.
    let tries: Int
    /// Whether a try uses up one of the step's attempts.
    let countsAttempts: Bool
  }

  /// What becomes of a step whose attempt failed.
  public enum Verdict: Sendable, Hashable {
    /// It is tried again after this time.
    ///
    /// - `countsAttempt`: Whether the failed try was one of the step's attempts.
    case again(after: Duration, countsAttempt: Bool)
    /// It is dead.
    case dead
  }

  /// The most deaths of a process with the step aboard.
  public var maximumCrashes = 4
  /// The longest back-off; a provider may ask for more.
  public var ceiling: Duration = .seconds(300)

  /// 4 crashes, a ceiling of 300 s.
  public init() {}

  /// What a class gets; `nil` for one that another try cannot help.
  ///
  /// A provider that has had enough has not tried: that takes no attempt, and is bounded by the
  /// job's deadline and the number of runs. One that may have answered costs money again.
  static func rule(for class: StepFailure.Class) -> Rule? {
    switch `class` {
    case .transient: Rule(tries: 5, countsAttempts: true)
    case .inDoubt: Rule(tries: 4, countsAttempts: true)
    case .rateLimited: Rule(tries: 100, countsAttempts: false)
    case .badInput, .refused, .internalError, .revoked, .crashed, .expired, .auth, .budget,
      .cancelled:
      nil
    }
  }

  /// Decides about one failed attempt.
  ///
  /// The first wait is about 2 s, each further one twice as long, up to the ceiling; it is never
  /// shorter than a provider asked for.
  ///
  /// - Parameters:
  ///   - attempt: The attempt that failed, from 1; tries that did not count are not in it.
  ///   - attempts: The most attempts at this step; `nil` for what its class gets.
  ///   - run: How often the step was begun, from 1, whatever became of it.
  ///   - jitter: From -1 to 1; moves the wait by as much as a fifth.
  public func verdict(
    after failure: StepFailure, attempt: Int, of attempts: Int? = nil, run: Int, jitter: Double
  ) -> Verdict {
    guard !failure.isUnknownOutcome, let rule = Self.rule(for: failure.class) else { return .dead }
    let number = rule.countsAttempts ? attempt : run
    let most = rule.countsAttempts ? attempts ?? rule.tries : rule.tries
    guard number < most else { return .dead }
    let exponential = Duration.seconds(1 << min(max(number, 0), 20))
    let wait = min(exponential, ceiling) * (1 + 0.2 * jitter)
    return .again(
      after: max(wait, failure.retryAfter ?? .zero), countsAttempt: rule.countsAttempts)
  }
}

extension Duration {
  static func * (duration: Duration, factor: Double) -> Duration {
    let (seconds, attoseconds) = duration.components
    return .seconds((Double(seconds) + Double(attoseconds) / 1e18) * factor)
  }
}
