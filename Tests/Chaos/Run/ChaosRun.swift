import Foundation

/// A run of some scenarios, one after the other.
package struct ChaosRun: Sendable {
  /// Of all decisions.
  package let seed: UInt64
  /// Whether to go for the promised figures.
  package let isLong: Bool
  private let scenarios: [any Scenario]

  /// Nothing happens before ``run(say:)``.
  package init(_ scenarios: [any Scenario], seed: UInt64, isLong: Bool) {
    self.scenarios = scenarios
    self.seed = seed
    self.isLong = isLong
  }

  /// Runs them all, whatever the ones before have shown.
  ///
  /// - Parameter say: Gets remarks and the verdicts of each scenario as they come.
  package func run(say: @escaping @Sendable (String) -> Void) async -> ChaosReport {
    let began = ContinuousClock.now
    var verdicts: [Verdict] = []
    for scenario in scenarios {
      let start = ContinuousClock.now
      do {
        verdicts += try await ChaosBench.run(scenario, seed: seed, isLong: isLong, say: say)
      } catch {
        verdicts += scenario.promises.map {
          Verdict($0, observations: 0, atLeast: 1, faults: ["\(scenario.name) failed: \(error)"])
        }
      }
      say("\(scenario.name): took \((ContinuousClock.now - start).inSeconds)")
    }
    return ChaosReport(
      seed: seed, isLong: isLong, duration: .now - began,
      scenarios: scenarios.map {
        ChaosReport.Extent(name: $0.name, text: isLong ? $0.extent.long : $0.extent.short)
      }, verdicts: ChaosReport.merged(verdicts))
  }
}
