import Testing

@testable import Chaos

@Suite struct ProbeTallyTests {
  @Test func aLateAnswerAndALateResultAreFailures() {
    #expect(entry(0, answered: .seconds(2), ended: .seconds(30)).isKept)
    #expect(!entry(0, answered: .milliseconds(2001), ended: .seconds(3)).isKept)
    #expect(!entry(0, answered: .seconds(1), ended: .milliseconds(30_001)).isKept)
    #expect(!entry(0, answered: nil, ended: nil).isKept)
    #expect(!entry(0, answered: .seconds(1), ended: nil).isKept)
  }

  @Test func oneInAThousandMayFailAndNoneOfFewer() {
    #expect(verdict(probes: 999, failing: 0).isKept)
    #expect(!verdict(probes: 999, failing: 1).isKept)
    #expect(verdict(probes: 3600, failing: 3).isKept)
    #expect(!verdict(probes: 3600, failing: 4).isKept)
  }

  @Test func aRunWithoutAKindOfHitOrWithFewProbesSaysNothing() {
    #expect(!verdict(probes: 60, failing: 0, missing: ["broker killed"]).isKept)
    #expect(!verdict(probes: 29, failing: 0).isKept)
    #expect(!verdict(probes: 60, failing: 0, hits: [:]).isKept)
  }

  @Test func onlyProbesThatWereUnderWayAsTheDatabaseWasKilledAreListedApart() {
    var tally = ProbeTally()
    for second in 0..<60 where second != 20 { tally.add(entry(second)) }
    tally.add(entry(20, answered: .seconds(9), ended: .seconds(10)))
    let kept = tally.verdict(
      atLeast: 30, apart: [.seconds(21)...(.seconds(28))], hits: ["killed": 1], missing: [])
    #expect(kept.isKept && kept.seen.contains("probes failed meanwhile 1"))
    // It had failed before, however long it went on.
    let earlier = tally.verdict(
      atLeast: 30, apart: [.seconds(23)...(.seconds(28))], hits: ["killed": 1], missing: [])
    #expect(!earlier.isKept && earlier.seen.contains("probes failed meanwhile 0"))
  }

  @Test func anOutageLastsUntilAProbeIsKept() {
    let entries = (0..<10).map { entry($0, answered: (3...5).contains($0) ? nil : .zero) }
    #expect(ProbeTally.longestOutage(in: entries) == .seconds(3))
    #expect(ProbeTally.longestOutage(in: Array(entries.prefix(6))) == .seconds(3))
    #expect(ProbeTally.longestOutage(in: Array(entries.prefix(3))) == .zero)
  }

  @Test func aShareIsNeverRoundedUp() {
    #expect(ProbeTally.percent(3599, of: 3600) == "99.972 %")
    #expect(ProbeTally.percent(999_999, of: 1_000_000) == "99.999 %")
    #expect(ProbeTally.percent(60, of: 60) == "100.000 %")
  }

  private func verdict(
    probes: Int, failing: Int, hits: [String: Int] = ["worker killed": 1], missing: [String] = []
  ) -> Verdict {
    var tally = ProbeTally()
    for number in 0..<probes {
      tally.add(entry(number, answered: number < failing ? nil : .seconds(1)))
    }
    return tally.verdict(atLeast: 30, apart: [], hits: hits, missing: missing)
  }

  private func entry(
    _ second: Int, answered: Duration? = .seconds(1), ended: Duration? = .seconds(1)
  ) -> ProbeTally.Entry {
    var entry = ProbeTally.Entry(began: .seconds(second))
    entry.answered = answered
    entry.ended = ended
    return entry
  }
}
