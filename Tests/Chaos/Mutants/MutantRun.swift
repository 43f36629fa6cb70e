package import Foundation
import TestSupport

/// Runs the code without and with each of some mutants through the scenarios that must tell them
/// apart, with the safety nets off that would heal what a mutant does.
package struct MutantRun: Sendable {
  private let mutants: [Mutant]
  private let seed: UInt64
  private let programs: URL

  /// Nothing happens before ``run(say:)``.
  ///
  /// - Parameters:
  ///   - mutants: Each once.
  ///   - programs: The folder that `scripts/mutants.sh` has built.
  package init(_ mutants: [Mutant], seed: UInt64, programs: URL) {
    self.mutants = mutants
    self.seed = seed
    self.programs = programs
  }

  /// Runs one after the other: first each scenario without a mutant.
  ///
  /// - Parameter say: Gets remarks and the trials as they come.
  package func run(say: @escaping @Sendable (String) -> Void) async -> MutantReport {
    let began = ContinuousClock.now
    var seen: Set<String> = []
    let scenarios = mutants.map(\.scenario).filter { seen.insert($0.name).inserted }
    let plan = scenarios.map { (Mutant?.none, $0) } + mutants.map { ($0, $0.scenario) }
    var trials: [MutantTrial] = []
    var servers: [String: String] = [:]
    for (mutant, scenario) in plan {
      let trial = await trial(mutant, scenario, &servers, say)
      say(trial.text)
      trials.append(trial)
    }
    return MutantReport(
      seed: seed, duration: .now - began, servers: servers, trials: trials)
  }

  private func trial(
    _ mutant: Mutant?, _ scenario: any Scenario, _ servers: inout [String: String],
    _ say: @escaping @Sendable (String) -> Void
  ) async -> MutantTrial {
    let variant = ProgramVariant(
      programs: programs, environment: mutant.map { ["OPENCLAW_MUTANT": $0.rawValue] } ?? [:],
      failpoints: ["idle-claim:off", "reconcile:off"])
    let start = ContinuousClock.now
    do {
      let seen = try await ChaosBench.run(
        scenario, seed: seed, isLong: false, variant: variant, patience: .short, say: say)
      servers = seen.servers
      return MutantTrial(
        mutant, scenario: scenario.name, verdicts: seen.verdicts, seed: seed, took: .now - start)
    } catch {
      return MutantTrial(mutant, scenario: scenario.name, error: error, took: .now - start)
    }
  }
}
