import HTTP

/// Decides whether, and after which pause, a request that may be repeated is sent again.
///
/// A connection that is refused at first sight is not retried: the gateway is not running, and the
/// user wants to know at once. After an attempt whose outcome is in doubt it is.
struct RetryPolicy {
  /// How one attempt went wrong.
  enum Failure {
    case transport(HTTPError)
    case status(Int, retryAfter: Duration?)
    /// A stream ended before what it was read for.
    case cut

    /// Whether the gateway may have done what it was asked for.
    var isInDoubt: Bool {
      switch self {
      // What a request had sent when it was cancelled is not always known.
      case .transport(let error): error.isInDoubt || error.code == .cancelled
      case .status(let status, _): status >= 500
      case .cut: true
      }
    }
  }

  static let maximumAttempts = 6
  static let longestPause = Duration.seconds(30)

  private var attempts = 0
  private var mayBeDone: Bool

  /// - Parameter knowsGateway: Whether it has answered before, so that it may be restarting.
  init(knowsGateway: Bool = false) { mayBeDone = knowsGateway }

  /// - Returns: `nil` when the failure is final.
  mutating func pause(after failure: Failure) -> Duration? {
    attempts += 1
    guard attempts < Self.maximumAttempts else { return nil }
    switch failure {
    case .cut:
      return backOff
    case .transport(let error):
      mayBeDone = mayBeDone || error.isInDoubt
      return error.isRetryable && mayBeDone ? backOff : nil
    case .status(let status, let wait):
      guard [429, 502, 503, 504].contains(status) else { return nil }
      mayBeDone = true
      return bounded(wait)
    }
  }

  private var backOff: Duration { .milliseconds(min(4000, 125 << attempts)) }

  /// What the gateway asked for, unless nobody would wait that long.
  private func bounded(_ wait: Duration?) -> Duration? {
    guard let wait else { return backOff }
    return wait <= Self.longestPause ? wait : nil
  }
}
