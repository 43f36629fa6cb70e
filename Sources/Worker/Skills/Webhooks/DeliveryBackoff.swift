/// How long a delivery waits before it is sent again: at first for a receiver that was restarted,
/// then for one that somebody has to mend. In all, more than two days.
enum DeliveryBackoff {
  /// After the first attempt, the second, and so on.
  static let waits: [Duration] = [
    .seconds(5), .seconds(5 * 60), .seconds(30 * 60), .seconds(2 * 3600), .seconds(5 * 3600),
    .seconds(10 * 3600), .seconds(14 * 3600), .seconds(20 * 3600),
  ]

  /// How often a delivery is sent before it is given up.
  static let attempts = waits.count + 1

  /// - Parameters:
  ///   - attempt: The one that failed, from 1; a later one than there are waits for is like the
  ///     last.
  ///   - asked: How long the receiver wants to be left alone; counts if it is longer.
  ///   - jitter: From -1 to 1; moves the wait by as much as a fifth.
  static func wait(after attempt: Int, asked: Duration?, jitter: Double) -> Duration {
    let planned = waits[min(max(attempt, 1), waits.count) - 1]
    return max(.seconds((planned / .seconds(1)) * (1 + 0.2 * jitter)), asked ?? .zero)
  }
}
