/// The messages of one `publish` call, on their way to their outcomes.
///
/// Belongs to the publisher's actor.
final class PublishBatch {
  private var outcomes: [PublishOutcome?]
  private var open: Int
  private var waiter: CheckedContinuation<[PublishOutcome], Never>?

  init(count: Int) {
    outcomes = Array(repeating: nil, count: count)
    open = count
  }

  /// Settles one message; a second outcome is ignored.
  func settle(_ index: Int, _ outcome: PublishOutcome) {
    guard outcomes[index] == nil else { return }
    outcomes[index] = outcome
    open -= 1
    if open == 0 { waiter?.resume(returning: outcomes.compactMap { $0 }) }
  }

  /// Settles all from `start` on.
  func settle(from start: Int, _ outcome: PublishOutcome) {
    for index in start..<outcomes.count { settle(index, outcome) }
  }

  /// The outcomes in the order of the messages, once all are settled. Call it once.
  func result(isolation: isolated (any Actor)? = #isolation) async -> [PublishOutcome] {
    if open == 0 { return outcomes.compactMap { $0 } }
    return await withCheckedContinuation { waiter = $0 }
  }
}
