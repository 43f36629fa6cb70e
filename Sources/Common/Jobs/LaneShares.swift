/// How the lanes of a pool share its starts: the rule that workers choose lanes by, and what follows
/// from it for who waits.
///
/// Urgent lanes go first; of ten starts `low` gets one at least, and of four between `high` and
/// `normal` three are `high`.
public enum LaneShares {
  /// The most starts of others before one of `low`.
  public static let lowInterval = 9
  /// The most starts of `high` before one of `normal`.
  public static let normalInterval = 3

  /// What a lane counts as: urgent is only what its user has called so.
  ///
  /// - Parameter raised: By how many classes it is raised, as its first step has waited for long.
  public static func priority(of lane: Lane, raised: Int) -> Priority {
    guard raised > 0, lane.priority > .high else { return lane.priority }
    let raw = max(Priority.high.rawValue, lane.priority.rawValue - Int16(clamping: raised))
    return Priority(rawValue: raw) ?? lane.priority
  }

  /// How many steps of a pool's other lanes start before a step, if nothing is added and one slot
  /// after the other falls free.
  ///
  /// - Parameters:
  ///   - ahead: How many of its own lane start before it.
  ///   - priority: What its lane counts as.
  ///   - waiting: How many wait in the others, by what these count as.
  public static func others(
    before ahead: Int, of priority: Priority, waiting: [Priority: Int]
  ) -> Int {
    let count = { (class: Priority) in `class` == priority ? 0 : waiting[`class`, default: 0] }
    let (urgent, high, normal) = (count(.urgent), count(.high), count(.normal))
    let others: Int
    switch priority {
    case .urgent: others = 0
    case .high: others = urgent + min(normal, ahead / normalInterval)
    case .normal: others = urgent + min(high, (ahead + 1) * normalInterval)
    case .low: return min(urgent + high + normal, (ahead + 1) * lowInterval)
    }
    return others + min(count(.low), (ahead + others) / lowInterval)
  }
}
