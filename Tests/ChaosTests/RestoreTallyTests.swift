import Testing

@testable import Chaos

@Suite struct RestoreTallyTests {
  @Test func onlyWhatIsYoungerMayBeGone() {
    #expect(Self.good.verdict(atLeast: 10).isKept)
    #expect(!Self.good.verdict(atLeast: 11).isKept)
  }

  @Test func whatMustNotHappenIsAFault() {
    let counts: [WritableKeyPath<RestoreTally, Int>] = [
      \.lost, \.oddEnds, \.stuck, \.falseReplays, \.surplusLeft, \.ranAgain, \.quietRate.after,
    ]
    for count in counts {
      var tally = Self.good
      tally[keyPath: count] += 200
      #expect(!tally.verdict(atLeast: 1).isKept, "\(count)")
    }
  }

  @Test func whatWasNotSeenIsAFault() {
    let counts: [WritableKeyPath<RestoreTally, Int>] = [
      \.open, \.after, \.gone, \.surplus, \.repeated, \.ticks, \.fresh, \.replays, \.askedAgain,
      \.doneAgain,
    ]
    for count in counts {
      var tally = Self.good
      tally[keyPath: count] = 0
      #expect(!tally.verdict(atLeast: 1).isKept, "\(count)")
    }
  }

  @Test func whatElseWentWrongIsAFault() {
    var tally = Self.good
    tally.faults = ["worker 0 has died"]
    #expect(!tally.verdict(atLeast: 1).isKept)
  }

  private static let good: RestoreTally = {
    var tally = RestoreTally()
    (tally.before, tally.open, tally.after, tally.gone) = (10, 3, 5, 5)
    (tally.askedAgain, tally.doneAgain, tally.replays) = (2, 2, 1)
    (tally.surplus, tally.repeated, tally.ticks, tally.ticksAgain) = (4, 2, 1, 1)
    (tally.fresh, tally.quietRate) = (4, (before: 40, after: 60))
    return tally
  }()
}
