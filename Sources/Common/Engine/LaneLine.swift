import Jobs
import Storage

/// How a step stands among those that wait in its pool: a pure computation.
struct LaneLine: Sendable, Hashable {
  /// How many of its own lane start before it; 10,001 stands for more.
  let own: Int
  /// About how many of the pool's other lanes do.
  let others: Int
  /// Starts per second in the pool over the last minute.
  let rate: Double
  /// How long an attempt in its lane ran on average, over the last minute.
  let meanRun: Duration?

  /// How many start before it.
  var ahead: Int { own + others }

  /// - Parameters:
  ///   - lanes: A sample. Those that are paused take no turns.
  ///   - raised: By how many classes lanes are raised.
  init(of step: WaitingStep, among lanes: [LaneStatus], raised: [Lane: Int]) {
    let pool = lanes.filter { $0.lane.pool == step.lane.pool }
    let counted = { (lane: Lane) in LaneShares.priority(of: lane, raised: raised[lane] ?? 0) }
    let priority = counted(step.lane)
    own = step.ahead
    rate = pool.map(\.rateOut).reduce(0, +)
    meanRun = pool.first { $0.lane == step.lane }?.meanRun
    guard step.state == .ready else {
      others = 0
      return
    }
    var waiting: [Priority: Int] = [:]
    // Of lanes that count alike, the one that is more urgent by itself has its turn first.
    var alike = 0
    for status in pool where status.lane != step.lane && status.paused == nil {
      if counted(status.lane) != priority {
        waiting[counted(status.lane), default: 0] += status.ready
      } else if status.lane.priority < step.lane.priority {
        alike += status.ready
      }
    }
    others = alike + LaneShares.others(before: own + alike, of: priority, waiting: waiting)
  }
}
