import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct BellTests {
  @Test func aRingBeforeTheWaitIsNotLostAndSeveralCountAsOne() async {
    let bell = Bell()
    bell.ring()
    bell.ring()
    #expect(await bell.wait() == .rung)
    #expect(await bell.wait(until: .now + .milliseconds(5)) == nil)
  }

  @Test func aRingThatMeetsTheDeadlineIsNotLost() async {
    for round in 0..<2000 {
      let bell = Bell()
      let deadline = ContinuousClock.now + .microseconds(300)
      async let ringing: Void = Self.ring(bell, at: deadline + .microseconds(round % 200 - 60))
      let first = await bell.wait(until: deadline)
      await ringing
      if first == nil {
        #expect(await bell.wait(until: .now + .seconds(5)) == .rung, "round \(round)")
      } else {
        #expect(first == .rung)
      }
    }
  }

  @Test func aCancelledWaitLeavesTheBellWhole() async {
    let bell = Bell()
    let waiting = Task { await bell.wait() }
    waiting.cancel()
    #expect(await waiting.value == .cancelled)
    bell.ring()
    #expect(await bell.wait() == .rung)
  }

  @Test func anEndedBellNeverMakesAnyoneWait() async {
    let bell = Bell()
    bell.end()
    #expect(await bell.wait() == .ended)
    #expect(await bell.wait(until: .now + .seconds(5)) == .ended)
  }

  private static func ring(_ bell: Bell, at instant: ContinuousClock.Instant) async {
    while ContinuousClock.now < instant {}
    bell.ring()
  }
}
