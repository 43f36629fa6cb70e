import Jobs
import Testing

@testable import WorkerRuntime

@Suite struct LanePickerTests {
  @Test func urgentGoesFirst() {
    var picker = LanePicker(concurrency: 2)
    let choice = picker.next(tickets: [lane(.normal): 5, lane(.urgent): 1], running: [:])
    #expect(choice?.lane == lane(.urgent))
  }

  @Test func aLoneLaneMayTakeAllFreeSlotsInOneClaim() {
    var picker = LanePicker(concurrency: 3)
    #expect(picker.next(tickets: [lane(.normal): 8], running: [:])?.count == 3)
  }

  @Test func neverMoreThanTheTicketsInHand() {
    var picker = LanePicker(concurrency: 3)
    #expect(picker.next(tickets: [lane(.normal): 2], running: [:])?.count == 2)
  }

  @Test func fromFourSlotsOnOneIsNeverLentAwayFromUrgent() {
    var picker = LanePicker(concurrency: 4)
    #expect(picker.next(tickets: [lane(.normal): 9], running: [:])?.count == 3)
    #expect(picker.next(tickets: [lane(.normal): 9], running: [.normal: 3]) == nil)
    #expect(picker.next(tickets: [lane(.urgent): 9], running: [.normal: 3])?.count == 1)
  }

  @Test func nothingStartsWithoutAFreeSlot() {
    var picker = LanePicker(concurrency: 2)
    #expect(picker.next(tickets: [lane(.urgent): 1], running: [.normal: 2]) == nil)
  }

  @Test(arguments: [Priority.urgent, .high, .normal])
  func lowGetsEveryTenthStartHoweverMuchElseWaits(other: Priority) {
    for concurrency in [1, 4, 32] {
      let starts = simulate(
        [lane(other): .max, lane(.low): .max], starts: 1000, concurrency: concurrency)
      #expect(starts[.low, default: 0] >= 100)
      #expect(starts[other, default: 0] >= 890)
    }
  }

  @Test func aTurnOfLowWithNothingToStartIsMadeUpFor() {
    var picker = LanePicker(concurrency: 4)
    let tickets = [lane(.normal): 64, lane(.low): 64]
    var counts: [Priority: Int] = [:]
    var (lowTurns, emptyInARow) = (0, 0)
    while counts.values.reduce(0, +) < 1000 {
      guard let choice = picker.next(tickets: tickets, running: [:]) else { break }
      if choice.priority == .low { lowTurns += 1 }
      let isEmpty = choice.priority == .low && lowTurns % 3 != 0
      emptyInARow = isEmpty ? emptyInARow + 1 : 0
      #expect(emptyInARow <= 1)
      picker.started(isEmpty ? 0 : choice.count, of: choice.priority)
      if !isEmpty { counts[choice.priority, default: 0] += choice.count }
    }
    #expect(counts[.low, default: 0] >= 99)
  }

  @Test func aTurnIsClaimedAtOnce() {
    var picker = LanePicker(concurrency: 16)
    let tickets = [lane(.high): 16, lane(.normal): 16, lane(.low): 16]
    var turns: [String] = []
    for _ in 0..<8 {
      guard let choice = picker.next(tickets: tickets, running: [:]) else { break }
      picker.started(choice.count, of: choice.lane.priority)
      turns.append("\(choice.count) \(choice.lane.priority.name)")
    }
    #expect(
      turns == [
        "3 high", "1 normal", "3 high", "1 normal", "1 high", "1 low", "2 high", "1 normal",
      ])
  }

  @Test func highAndNormalShareThreeToOne() {
    for concurrency in [1, 32] {
      let starts = simulate(
        [lane(.high): .max, lane(.normal): .max], starts: 1000, concurrency: concurrency)
      #expect(starts[.high] == 3 * starts[.normal, default: 0])
    }
  }

  @Test func whatHasWaitedForTooLongCountsAsMoreUrgentButNeverAsUrgent() {
    var picker = LanePicker(concurrency: 1)
    let tickets = [lane(.normal): 9, lane(.low): 9]
    #expect(picker.next(tickets: tickets, running: [:])?.lane == lane(.normal))
    let late = picker.next(tickets: tickets, running: [:], raised: [lane(.low): 2])
    #expect(late?.lane == lane(.low) && late?.priority == .high)
    let urgent = picker.next(
      tickets: [lane(.urgent): 1, lane(.low): 9], running: [:], raised: [lane(.low): 3])
    #expect(urgent?.lane == lane(.urgent))
    let one = picker.next(
      tickets: [lane(.high): 9, lane(.low): 9], running: [:], raised: [lane(.low): 1])
    #expect(one?.lane == lane(.high))
  }

  @Test func aRaisedLaneSharesWithThoseOfItsNewClass() {
    var picker = LanePicker(concurrency: 1)
    let tickets = [lane(.normal, "skill.a"): 9, lane(.low, "skill.b"): 9]
    var starts: [Priority: Int] = [:]
    for _ in 0..<100 {
      let choice = picker.next(
        tickets: tickets, running: [:], raised: [lane(.low, "skill.b"): 1])
      guard let choice else { break }
      picker.started(1, of: choice.priority)
      starts[choice.lane.priority, default: 0] += 1
    }
    #expect(starts == [.normal: 50, .low: 50])
  }

  @Test func poolsOfOnePriorityTakeTurns() {
    var picker = LanePicker(concurrency: 1)
    let tickets = [lane(.normal, "skill.a"): 9, lane(.normal, "skill.b"): 9]
    let pools = (0..<4).compactMap { _ in
      picker.next(tickets: tickets, running: [:])?.lane.pool.name
    }
    #expect(pools == ["skill.a", "skill.b", "skill.a", "skill.b"])
  }

  @Test(arguments: [
    [10_000, 0, 0, 50], [0, 40, 40, 0], [3, 40, 40, 9], [0, 0, 30, 30], [7, 1, 0, 5],
    [25, 25, 25, 25],
  ])
  func whoWaitsIsToldHowManyStartBefore(counts: [Int]) {
    let waiting = Dictionary(uniqueKeysWithValues: zip(Priority.allCases, counts))
    for priority in Priority.allCases {
      for ahead in [0, 1, 4, 19] where ahead < waiting[priority, default: 0] {
        let told = LaneShares.others(before: ahead, of: priority, waiting: waiting)
        let others = startsOfOthers(before: ahead, of: priority, waiting: waiting)
        #expect(abs(told - others) <= 1, "\(counts) \(priority.name) \(ahead): \(others)")
      }
    }
  }

  /// What one slot starts of other lanes until it starts a step of a lane.
  private func startsOfOthers(
    before ahead: Int, of priority: Priority, waiting: [Priority: Int]
  ) -> Int {
    var picker = LanePicker(concurrency: 1)
    var left = waiting
    var starts: [Priority: Int] = [:]
    while starts[priority, default: 0] <= ahead {
      let tickets = Dictionary(uniqueKeysWithValues: left.map { (lane($0.key), $0.value) })
      guard let choice = picker.next(tickets: tickets, running: [:]) else { break }
      picker.started(1, of: choice.priority)
      left[choice.lane.priority, default: 0] -= 1
      starts[choice.lane.priority, default: 0] += 1
    }
    return starts.filter { $0.key != priority }.values.reduce(0, +)
  }

  private func simulate(
    _ tickets: [Lane: Int], starts: Int, concurrency: Int
  ) -> [Priority: Int] {
    var picker = LanePicker(concurrency: concurrency)
    var counts: [Priority: Int] = [:]
    while counts.values.reduce(0, +) < starts {
      guard let choice = picker.next(tickets: tickets, running: [:]) else { break }
      picker.started(choice.count, of: choice.lane.priority)
      counts[choice.lane.priority, default: 0] += choice.count
    }
    return counts
  }

  private func lane(_ priority: Priority, _ pool: String = "agent.main") -> Lane {
    Lane(pool: Pool(pool) ?? Target.agent("main").pool, priority: priority)
  }
}
