import Testing

@testable import Chaos

@Suite struct TickTallyTests {
  @Test func ticksThatFireOnceAndInTimeAreFine() {
    #expect(tally().verdict(atLeast: 3).isKept)
    #expect(!tally().verdict(atLeast: 4).isKept)
  }

  @Test func aTickThatIsMissingOrOneTooManyIsAFault() {
    var missing = tally()
    missing.decisions.removeLast()
    #expect(!missing.verdict(atLeast: 1).isKept)
    var surplus = tally()
    surplus.decisions.append(decision(4000))
    #expect(!surplus.verdict(atLeast: 1).isKept)
    var twice = tally()
    twice.decisions.append(decision(1000))
    #expect(!twice.verdict(atLeast: 1).isKept)
  }

  @Test func aTickWithoutAJobOrAJobWithoutATickIsAFault() {
    var without = tally()
    without.decisions[0] = decision(1000, jobs: 0)
    #expect(!without.verdict(atLeast: 1).isKept)
    var merged = tally()
    merged.decisions[0] = decision(1000, outcome: "merged")
    #expect(!merged.verdict(atLeast: 1).isKept)
    var stray = tally()
    stray.strayJobs = 1
    #expect(!stray.verdict(atLeast: 1).isKept)
  }

  @Test func aLateTickIsAFaultUnlessNoGatewayLived() {
    var late = tally()
    late.decisions[0] = decision(1000, late: 2001)
    #expect(!late.verdict(atLeast: 1).isKept)
    late.dark = [500...2000]
    #expect(late.verdict(atLeast: 1).isKept)
    late.decisions[0] = decision(1000, late: 3001)
    #expect(!late.verdict(atLeast: 1).isKept)
  }

  @Test func aRunWithoutKillsSaysNothing() {
    var quiet = tally()
    quiet.kills = 0
    #expect(!quiet.verdict(atLeast: 1).isKept)
  }

  /// Three ticks, a second apart.
  private func tally() -> TickTally {
    var tally = TickTally()
    tally.decisions = [decision(1000), decision(2000), decision(3000)]
    tally.expected = Set(tally.decisions.map(\.tick))
    tally.kills = 1
    tally.dark = [10_000...11_000]
    return tally
  }

  private func decision(
    _ at: Int, late: Int = 500, outcome: String = "fired", jobs: Int = 1
  ) -> TickTally.Decision {
    TickTally.Decision(
      tick: .init(schedule: "s", at: at), decided: at + late, outcome: outcome, jobs: jobs)
  }
}
