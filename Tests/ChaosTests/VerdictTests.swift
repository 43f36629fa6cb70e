import Chaos
import Jobs
import Testing

@Suite struct VerdictTests {
  @Test func aVerdictWithoutObservationsIsNotKept() {
    #expect(!Verdict(.D1, observations: 0, atLeast: 0).isKept)
    #expect(!Verdict(.D1, observations: 4, atLeast: 5).isKept)
    #expect(Verdict(.D1, observations: 5, atLeast: 5).isKept)
    #expect(!Verdict(.D1, observations: 5, atLeast: 5, faults: ["lost"]).isKept)
  }

  @Test func whatOneScenarioMissesAnotherDoesNotMakeUpForInFaults() {
    let merged = ChaosReport.merged([
      Verdict(.D2, observations: 9, atLeast: 1),
      Verdict(.D1, observations: 5, atLeast: 5, counts: ["lost": 1], faults: ["lost"]),
      Verdict(.D1, observations: 2, atLeast: 1, counts: ["lost": 0, "hits": 2]),
    ])
    #expect(merged.map(\.promise) == [.D1, .D2])
    #expect(merged[0].seen == "lost 1, hits 2" && !merged[0].isKept && merged[1].isKept)
  }

  @Test func aLineTellsPromiseCountsSeedAndFaults() {
    let verdict = Verdict(
      .D5, observations: 1, atLeast: 2, counts: ["keys": 3], faults: ["two jobs"])
    #expect(
      verdict.line(seed: 42)
        == "D5         FAILED a repeated POST makes one job: keys 3 (seed 42); "
        + "put to the test 1 of 2 times; two jobs")
  }

  @Test func percentilesAreValuesThatWereMeasured() {
    let waits = (1...200).map { Duration.seconds($0) }
    #expect(waits.percentile(50) == .seconds(100) && waits.percentile(99) == .seconds(198))
    #expect(waits.percentile(100) == .seconds(200))
    #expect([Duration.seconds(3)].percentile(1) == .seconds(3))
    #expect([Duration]().percentile(99) == nil)
  }
}
