import JobQueue
import Jobs
import Storage
import Testing

@testable import Engine

/// When the reconciler rings a lane again, read as transcripts.
@Suite struct ShortageWatchTests {
  @Test func aLaneIsRungOnceItWasShortInThreeSamplesRunning() {
    var watch = ShortageWatch()
    #expect(sample(&watch, ready: 100, messages: 0) == [])
    #expect(sample(&watch, ready: 90, messages: 0) == [])
    #expect(sample(&watch, ready: 95, messages: 0) == [90])
    #expect(sample(&watch, ready: 95, messages: 0) == [])
  }

  @Test func oneGoodSampleBetweenStartsOver() {
    var watch = ShortageWatch()
    _ = sample(&watch, ready: 100, messages: 0)
    _ = sample(&watch, ready: 100, messages: 0)
    #expect(sample(&watch, ready: 100, messages: 100) == [])
    #expect(sample(&watch, ready: 100, messages: 0) == [])
  }

  @Test func ticketsThatAreOnTheirWayAreNotMissed() {
    var watch = ShortageWatch()
    for _ in 0..<5 {
      #expect(sample(&watch, ready: 100, unconfirmed: 60, messages: 40) == [])
    }
  }

  @Test func ticketsInTheHandsOfConsumersAreNotMissed() {
    var watch = ShortageWatch()
    for _ in 0..<5 {
      #expect(sample(&watch, ready: 16, messages: 0, consumers: 2) == [])
    }
  }

  private func sample(
    _ watch: inout ShortageWatch, ready: Int, unconfirmed: Int = 0, messages: Int,
    consumers: Int = 0
  ) -> [Int] {
    let lane = Lane(pool: Target.agent("main").pool, priority: .normal)
    return watch.sample(
      [LaneDepth(lane: lane, ready: ready, unconfirmed: unconfirmed)],
      [lane: BrokerDepth(messages: messages, consumers: consumers)], prefetch: 8
    ).map(\.missing)
  }
}
