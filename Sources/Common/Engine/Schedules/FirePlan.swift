import FoundationEssentials
import Jobs

/// What becomes of the ticks of a schedule that have come: a pure decision.
struct FirePlan: Sendable, Hashable {
  /// What becomes of one tick.
  enum Outcome: String, Sendable, Hashable {
    /// A job is made.
    case fired
    /// Nobody could fire it in time.
    case missed
    /// It was late, and one job stands for several.
    case merged
    /// The job before was not over.
    case skippedOverlap = "skipped_overlap"
    /// The user, the token or their right to the target is gone.
    case notAllowed = "not_allowed"
  }

  /// A tick that is decided on.
  struct Tick: Sendable, Hashable {
    let at: Date
    let outcome: Outcome
  }

  /// The oldest first; empty when all were decided on before, as after a clock was set back.
  let ticks: [Tick]
  /// Whether the job before is to be cancelled.
  let cancelsLast: Bool
  /// When the schedule fires next.
  let next: Date?
  /// Whether it shall fire no more until somebody has looked.
  let pauses: Bool

  /// How late a tick may be and still count as on time.
  static let tolerance: TimeInterval = 30
  /// The most ticks that are decided on at once; the rest follows.
  static let batch = 100

  /// - Parameters:
  ///   - due: The tick that has come.
  ///   - last: The last tick that was decided on: none fires twice.
  ///   - isBusy: Whether the job before is not over.
  ///   - isAllowed: Whether the owner may have its jobs made.
  init(
    _ request: ScheduleRequest, cron: CronExpression, due: Date, last: Date? = nil, now: Date,
    isBusy: Bool, isAllowed: Bool
  ) {
    let all = [due] + cron.ticks(after: due, through: now, limit: Self.batch - 1)
    let come = all.filter { tick in last.map { tick > $0 } ?? true }
    next = cron.next(after: all.last ?? due)
    pauses = !isAllowed
    guard isAllowed else {
      ticks = come.map { Tick(at: $0, outcome: .notAllowed) }
      cancelsLast = false
      return
    }
    let window = request.misfireWindow / .seconds(1)
    let late = come.filter { now.timeIntervalSince($0) > Self.tolerance }
    var made: Set<Date> = Set(come).subtracting(late)
    let within = late.filter { now.timeIntervalSince($0) <= window }
    switch request.misfire {
    case .skip: break
    // What is on time stands for what was missed, too.
    case .once: if made.isEmpty, let last = within.last { made.insert(last) }
    case .all: made.formUnion(within)
    }
    let isMerging = request.misfire == .once
    var hasJob = isBusy
    var ticks: [Tick] = []
    for tick in come {
      guard made.contains(tick) else {
        let isMerged = isMerging && within.contains(tick) && !made.isEmpty
        ticks.append(Tick(at: tick, outcome: isMerged ? .merged : .missed))
        continue
      }
      if request.overlap == .skip, hasJob {
        ticks.append(Tick(at: tick, outcome: .skippedOverlap))
      } else {
        ticks.append(Tick(at: tick, outcome: .fired))
        hasJob = true
      }
    }
    self.ticks = ticks
    cancelsLast =
      request.overlap == .cancel && isBusy && ticks.contains { $0.outcome == .fired }
  }
}
