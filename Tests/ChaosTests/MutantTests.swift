import Chaos
import Foundation
import TestSupport
import Testing

@Suite struct MutantTests {
  private static let patch = "Tests/Mutants/mutants.patch"

  @Test func thePatchFitsTheCode() async throws {
    let arguments = ["apply", "--check", "--whitespace=nowarn", Self.patch]
    let check = try await ToolRun.run("git", ["-C", TestTools.checkout.path] + arguments)
    #expect(
      check.status == 0,
      "make it fit again as Tests/Mutants/README.md tells: \(check.output)")
  }

  @Test func thePatchKnowsAllMutants() throws {
    let text = try String(
      contentsOf: TestTools.checkout.appending(path: Self.patch), encoding: .utf8)
    for mutant in Mutant.allCases { #expect(text.contains("\"\(mutant.rawValue)\"")) }
  }

  @Test func aMutantIsCaughtOnlyByTheCheckOfThePromiseThatItBreaks() {
    let lost = Verdict(.D1, observations: 9, atLeast: 1, faults: ["1 jobs are lost"])
    let slow = Verdict(.D22, observations: 9, atLeast: 1, faults: ["too slow"])
    let few = Verdict(.D1, observations: 0, atLeast: 1)
    #expect(trial(.notMandatory, [lost, slow]).outcome == .caught)
    #expect(trial(.notMandatory, [slow]).outcome == .survived)
    #expect(trial(.notMandatory, [few]).outcome == .survived)
  }

  @Test func withoutAMutantAllMustBeWell() {
    let well = Verdict(.D1, observations: 9, atLeast: 1)
    let few = Verdict(.D6, observations: 0, atLeast: 1)
    #expect(trial(nil, [well]).outcome == .kept)
    #expect(trial(nil, [well, few]).outcome == .broken)
    #expect(trial(nil, []).outcome == .broken)
    let report = MutantReport(
      seed: 1, duration: .zero, servers: [:],
      trials: [trial(nil, [well]), trial(.notMandatory, [well])])
    #expect(!report.isGood && report.summary.hasPrefix("0 of 1 mutants caught"))
  }

  private func trial(_ mutant: Mutant?, _ verdicts: [Verdict]) -> MutantTrial {
    MutantTrial(mutant, scenario: "unbound", verdicts: verdicts, seed: 1, took: .seconds(1))
  }
}
