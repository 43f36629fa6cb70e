import Jobs
import Testing

@testable import Chaos

@Suite struct CancelTallyTests {
  private static let phases = [
    "queued", "in a turn", "in a skill", "between turns", "retrying", "over",
  ]

  @Test func cancelsInTimeOfAllPhasesAreFine() {
    #expect(verdict(.running(.seconds(2))).isKept)
    #expect(verdict(.queued(.milliseconds(900))).isKept)
  }

  @Test func oneThatIsLateIsAFaultUnlessItsWorkerWasKilled() {
    #expect(!verdict(.queued(.milliseconds(1100))).isKept)
    #expect(!verdict(.running(.milliseconds(2100))).isKept)
    #expect(verdict(.orphaned(.seconds(20))).isKept)
  }

  @Test func aRevivedJobIsAFaultAndARunWithoutKillsSaysNothing() {
    #expect(!verdict(.running(.seconds(1)), revived: ["j"]).isKept)
    #expect(!verdict(.running(.seconds(1)), kills: 0).isKept)
  }

  @Test func aPhaseThatNoCancelMetIsAFault() {
    #expect(
      !tally(Self.phases.dropLast(), .queued(.zero)).verdict(
        atLeast: 1, kills: 1, revived: []
      ).isKept)
  }

  private func verdict(
    _ time: CancelTally.Time, kills: Int = 1, revived: [String] = []
  ) -> Verdict {
    var tally = tally(Self.phases[...], .queued(.zero))
    tally.add(.init(job: JobID(), phase: "queued", end: "cancelled", mark: 0, time: time))
    return tally.verdict(atLeast: 1, kills: kills, revived: revived)
  }

  private func tally(_ phases: ArraySlice<String>, _ time: CancelTally.Time) -> CancelTally {
    phases.reduce(into: CancelTally()) { tally, phase in
      tally.add(.init(job: JobID(), phase: phase, end: "cancelled", mark: 0, time: time))
    }
  }
}
