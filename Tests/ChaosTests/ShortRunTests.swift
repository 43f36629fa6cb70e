import Chaos
import Foundation
import TestSupport
import Testing

/// All scenarios in their short form, over real processes.
///
/// `OPENCLAW_CHAOS_SEED` makes other decisions; `make chaos` takes a new seed each time.
@Suite(.timeLimit(.minutes(20))) struct ShortRunTests {
  private static let seed =
    ProcessInfo.processInfo.environment["OPENCLAW_CHAOS_SEED"].flatMap { UInt64($0) }
    ?? 42

  @Test func promisesAreKept() async throws {
    let run = ChaosRun(ScenarioCatalog.all, seed: Self.seed, isLong: false)
    let report = await run.run { _ in }
    print(report.lines.joined(separator: "\n"))
    #expect(!report.verdicts.isEmpty)
    for verdict in report.verdicts {
      #expect(verdict.isKept, "\(verdict.line(seed: Self.seed))")
    }
  }
}
