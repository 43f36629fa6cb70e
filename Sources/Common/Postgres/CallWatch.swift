/// Decides how long a call in flight waits, and when it is cancelled and given up. Pure.
struct CallWatch {
  typealias Instant = ContinuousClock.Instant

  /// What to do before the next wait.
  enum Action: Equatable {
    /// Wait at most so long.
    case wait(Duration)
    /// Ask the server to cancel, then wait at most so long.
    case cancel(Duration)
    /// The server does not react: drop the connection.
    case giveUp
  }

  /// How long the server has to react to a cancel request.
  static let grace = Duration.seconds(2)
  /// How often a task's cancellation is looked at, and the request repeated.
  private static let slice = Duration.seconds(1)
  private static let cancelSlice = Duration.milliseconds(250)

  private let deadline: Instant
  private let isCancellable: Bool
  private var givesUpAt: Instant?

  init(deadline: Instant, isCancellable: Bool) {
    self.deadline = deadline
    self.isCancellable = isCancellable
  }

  /// - Parameter isCancelled: Whether the task that waits is cancelled.
  mutating func next(now: Instant, isCancelled: Bool) -> Action {
    if let givesUpAt {
      return now >= givesUpAt ? .giveUp : .cancel(min(Self.cancelSlice, givesUpAt - now))
    }
    if now >= deadline || (isCancellable && isCancelled) {
      givesUpAt = now + Self.grace
      return .cancel(Self.cancelSlice)
    }
    return .wait(min(Self.slice, deadline - now))
  }
}
