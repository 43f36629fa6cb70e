import Foundation
import Jobs
import Testing

@testable import Engine

/// What becomes of ticks, read as transcripts. Ticks come each minute.
@Suite struct FirePlanTests {
  @Test func aTickOnTimeFires() throws {
    let plan = try plan(late: 1)
    #expect(plan.ticks.map(\.outcome) == [.fired])
    #expect(plan.next == Self.due + 60)
  }

  @Test func missedTicksAreMadeUpForOnce() throws {
    let plan = try plan(late: 200)
    #expect(plan.ticks.map(\.outcome) == [.merged, .merged, .merged, .fired])
    #expect(plan.next == Self.due + 240)
    // Nothing is on time: the last of those missed stands for all.
    #expect(try self.plan(late: 230).ticks.map(\.outcome) == [.merged, .merged, .merged, .fired])
  }

  @Test func missedTicksAreLeftOut() throws {
    let plan = try plan(late: 200) { $0.misfire = .skip }
    #expect(plan.ticks.map(\.outcome) == [.missed, .missed, .missed, .fired])
  }

  @Test func eachMissedTickIsMadeUpFor() throws {
    let plan = try plan(late: 200) {
      $0.misfire = .all
      $0.misfireWindow = .seconds(150)
    }
    #expect(plan.ticks.map(\.outcome) == [.missed, .fired, .fired, .fired])
  }

  @Test func aTickThatWouldOverlapIsLeftOut() throws {
    let busy = try plan(late: 1, isBusy: true) { $0.overlap = .skip }
    #expect(busy.ticks.map(\.outcome) == [.skippedOverlap])
    let several = try plan(late: 200) {
      $0.misfire = .all
      $0.overlap = .skip
    }
    #expect(
      several.ticks.map(\.outcome) == [.fired, .skippedOverlap, .skippedOverlap, .skippedOverlap])
  }

  @Test func noMoreJobsWaitThanMay() throws {
    let full = try plan(late: 1, isBusy: true, queued: 3) { $0.maximumQueued = 2 }
    #expect(full.ticks.map(\.outcome) == [.skippedOverlap])
    #expect(
      try plan(late: 1, isBusy: true, queued: 2) { $0.maximumQueued = 2 }.ticks.map(\.outcome)
        == [.fired])
    // Those of the same batch count as well.
    let several = try plan(late: 200) {
      $0.misfire = .all
      $0.maximumQueued = 1
    }
    #expect(several.ticks.map(\.outcome) == [.fired, .fired, .skippedOverlap, .skippedOverlap])
    // What does not wait has no bound.
    let parallel = try plan(late: 1, isBusy: true, queued: 3) {
      $0.maximumQueued = 2
      $0.overlap = .parallel
    }
    #expect(parallel.ticks.map(\.outcome) == [.fired])
  }

  @Test func aTickCancelsTheJobBefore() throws {
    #expect(try plan(late: 1, isBusy: true) { $0.overlap = .cancel }.cancelsLast)
    #expect(try !plan(late: 1) { $0.overlap = .cancel }.cancelsLast)
  }

  @Test func oneJobStandsForMoreMissedTicksThanOneBatchHas() throws {
    let now = Self.due + 250 * 60
    var (due, fired, merged) = (Self.due, 0, 0)
    while due <= now {
      let plan = try plan(due: due, now: now) { $0.misfireWindow = .seconds(86_400) }
      fired += plan.ticks.count { $0.outcome == .fired }
      merged += plan.ticks.count { $0.outcome == .merged }
      due = try #require(plan.next)
    }
    #expect((fired, merged) == (1, 250))
  }

  @Test func whatWouldBeCancelledAtOnceIsNotMade() throws {
    let plan = try plan(late: 200, isBusy: true) {
      $0.misfire = .all
      $0.overlap = .cancel
    }
    #expect(
      plan.ticks.map(\.outcome) == [.skippedOverlap, .skippedOverlap, .skippedOverlap, .fired])
    #expect(plan.cancelsLast)
  }

  @Test func aScheduleWhoseOwnerMayNotAnyMoreIsPaused() throws {
    let plan = try plan(late: 1, isAllowed: false)
    #expect(plan.ticks.map(\.outcome) == [.notAllowed] && plan.pauses)
  }

  private static let due = Date(timeIntervalSince1970: 1_700_000_040)

  private func plan(
    late: TimeInterval = 0, due: Date = Self.due, now: Date? = nil, isBusy: Bool = false,
    queued: Int = 0, isAllowed: Bool = true,
    _ change: (inout ScheduleRequest) -> Void = { _ in }
  ) throws -> FirePlan {
    var request = ScheduleRequest(
      name: "n", cron: "* * * * *",
      job: JobRequest(target: .agent("main"), input: "x", priority: .normal))
    change(&request)
    return FirePlan(
      request, cron: try CronExpression("* * * * *", timeZone: "UTC"), due: due,
      now: now ?? due + late, isBusy: isBusy, queued: queued, isAllowed: isAllowed)
  }
}
