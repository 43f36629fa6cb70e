import Chaos
import Foundation
import TestSupport
import Testing

/// Each scenario in its short form, over real processes, with a new seed each time.
///
/// `OPENCLAW_CHAOS_SEED` repeats a run's decisions.
@Suite(.serialized, .timeLimit(.minutes(10))) struct ShortRunTests {
  private static let seed =
    ProcessInfo.processInfo.environment["OPENCLAW_CHAOS_SEED"].flatMap { UInt64($0) }
    ?? UInt64.random(in: 1...999_999)

  @Test(arguments: ScenarioCatalog.all.map(\.name))
  func promisesAreKept(in scenario: String) async throws {
    let scenarios = try #require(ScenarioCatalog.named([scenario]))
    let report = await ChaosRun(scenarios, seed: Self.seed, isLong: false).run { _ in }
    print(report.lines.joined(separator: "\n"))
    #expect(!report.verdicts.isEmpty)
    for verdict in report.verdicts {
      #expect(verdict.isKept, "\(verdict.line(seed: Self.seed))")
    }
  }
}
