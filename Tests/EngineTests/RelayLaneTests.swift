import JobQueue
import Jobs
import Testing

@testable import Engine

/// Which lanes the relay tries, and which may have more jobs while the outbox is full.
@Suite struct RelayLaneTests {
  private let start = ContinuousClock.now

  @Test func aLaneIsLeftAloneForLongerEachTimeThatNothingOfItIsTaken() {
    var pauses = LanePauses()
    #expect(pauses.open(among: [.main, .files], at: start) == [.main, .files])
    var now = start
    for seconds in [1, 2, 4, 8, 8] {
      pauses.note([.unroutable, .undelivered], in: .main, at: now)
      #expect(pauses.open(among: [.main, .files], at: now) == [.files])
      now += .seconds(seconds)
      #expect(pauses.open(among: [.main], at: now - .milliseconds(1)).isEmpty)
      #expect(pauses.open(among: [.main], at: now) == [.main])
    }
    pauses.note([.unroutable, .confirmed], in: .main, at: now)
    #expect(pauses.open(among: [.main], at: now) == [.main])
    pauses.note([.rejected], in: .main, at: now)
    #expect(pauses.open(among: [.main], at: now + .seconds(1)) == [.main])
  }

  @Test func aBrokerThatIsAwayIsNoLanesFault() {
    var pauses = LanePauses()
    pauses.note([.undelivered], in: .main, at: start)
    #expect(pauses.open(among: [.main], at: start) == [.main])
  }

  @Test func aFullOutboxRefusesTheLanesThatFillIt() {
    let gauge = BacklogGauge(limit: 100)
    #expect(gauge.share == 12 && !gauge.isFull(for: .main))
    gauge.update(99, crowded: [.main])
    #expect(!gauge.isFull(for: .main))
    gauge.update(100, crowded: [.main])
    #expect(gauge.isFull(for: .main) && !gauge.isFull(for: .files))
    // Before the lanes are known, all of them.
    gauge.update(100)
    #expect(gauge.isFull(for: .files))
    #expect(BacklogGauge(limit: 1).share == 1)
  }
}
