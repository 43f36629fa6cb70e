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
    let starts = simulate([lane(other): .max, lane(.low): .max], starts: 1000)
    #expect(starts[.low, default: 0] >= 100)
    #expect(starts[other, default: 0] >= 890)
  }

  @Test func highAndNormalShareThreeToOne() {
    let starts = simulate([lane(.high): .max, lane(.normal): .max], starts: 1000)
    #expect(starts == [.high: 750, .normal: 250])
  }

  @Test func poolsOfOnePriorityTakeTurns() {
    var picker = LanePicker(concurrency: 1)
    let tickets = [lane(.normal, "skill.a"): 9, lane(.normal, "skill.b"): 9]
    let pools = (0..<4).compactMap { _ in
      picker.next(tickets: tickets, running: [:])?.lane.pool.name
    }
    #expect(pools == ["skill.a", "skill.b", "skill.a", "skill.b"])
  }

  private func simulate(_ tickets: [Lane: Int], starts: Int) -> [Priority: Int] {
    var picker = LanePicker(concurrency: 1)
    var counts: [Priority: Int] = [:]
    for _ in 0..<starts {
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
