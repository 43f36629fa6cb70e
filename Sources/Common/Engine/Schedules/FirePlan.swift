import FoundationEssentials
import Jobs

/// What becomes of the ticks of a schedule that have come: a pure decision.
struct FirePlan: Sendable, Hashable {
  /// A tick that is decided on.
  struct Tick: Sendable, Hashable {
    let at: Date
    let outcome: TickOutcome
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
  ///   - queued: How many of its jobs are not over, where they wait for each other.
  ///   - isAllowed: Whether the owner may have its jobs made.
  init(
    _ request: ScheduleRequest, cron: CronExpression, due: Date, last: Date? = nil, now: Date,
    isBusy: Bool, queued: Int = 0, isAllowed: Bool
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
    // Before the present is reached, what follows stands for all of these, too.
    let isLast = next.map { $0 > now } ?? true
    let window = request.misfireWindow / .seconds(1)
    let late = come.filter { now.timeIntervalSince($0) > Self.tolerance }
    let within = Set(late.filter { now.timeIntervalSince($0) <= window })
    let made = Self.made(
      request.misfire, onTime: Set(come).subtracting(late), within: within, isLast: isLast)
    ticks = Self.ticks(
      request, come, made, within: within, isLast: isLast, isBusy: isBusy, queued: queued)
    cancelsLast =
      request.overlap == .cancel && isBusy && ticks.contains { $0.outcome == .fired }
  }

  /// What becomes of each tick that has come.
  private static func ticks(
    _ request: ScheduleRequest, _ come: [Date], _ made: Set<Date>, within: Set<Date>,
    isLast: Bool, isBusy: Bool, queued: Int
  ) -> [Tick] {
    // Each job would be cancelled at once for the one after it.
    let kept = request.overlap == .cancel ? made.max() : nil
    var (hasJob, queued) = (isBusy, queued)
    return come.map { tick in
      guard made.contains(tick) else {
        let isMerged =
          request.misfire == .once && within.contains(tick) && (!made.isEmpty || !isLast)
        return Tick(at: tick, outcome: isMerged ? .merged : .missed)
      }
      let isFull = request.queuesJobs && queued > request.maximumQueued
      if request.overlap == .skip && hasJob || kept.map({ $0 != tick }) == true || isFull {
        return Tick(at: tick, outcome: .skippedOverlap)
      }
      hasJob = true
      queued += 1
      return Tick(at: tick, outcome: .fired)
    }
  }

  /// The ticks that a job is made for, overlaps aside.
  private static func made(
    _ misfire: MisfirePolicy, onTime: Set<Date>, within: Set<Date>, isLast: Bool
  ) -> Set<Date> {
    switch misfire {
    case .skip: return onTime
    case .all: return onTime.union(within)
    case .once:
      guard isLast else { return [] }
      // What is on time stands for what was missed, too.
      return onTime.isEmpty ? Set([within.max()].compactMap(\.self)) : onTime
    }
  }
}
