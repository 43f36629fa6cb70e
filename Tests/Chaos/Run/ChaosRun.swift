import Foundation

/// A run of some scenarios.
package struct ChaosRun: Sendable {
  /// Of all decisions.
  package let seed: UInt64
  /// Whether to go for the promised figures.
  package let isLong: Bool
  private let scenarios: [any Scenario]
  private let width: Int

  /// Nothing happens before ``run(say:)``.
  ///
  /// - Parameter width: How many scenarios run at once, each over a system of its own. By default 3,
  ///   as most of a short one is waiting; 1 in a long run, which measures.
  package init(_ scenarios: [any Scenario], seed: UInt64, isLong: Bool, width: Int? = nil) {
    self.scenarios = scenarios
    self.width = max(1, width ?? (isLong ? 1 : 3))
    self.seed = seed
    self.isLong = isLong
  }

  /// Runs them all, whatever the ones before have shown.
  ///
  /// - Parameter say: Gets remarks and the verdicts of each scenario as they come.
  package func run(say: @escaping @Sendable (String) -> Void) async -> ChaosReport {
    let began = ContinuousClock.now
    let seen = await withTaskGroup(of: ChaosBench.Seen.self) { group in
      var seen = ChaosBench.Seen()
      for (number, scenario) in scenarios.enumerated() {
        if number >= width, let next = await group.next() { seen.add(next) }
        group.addTask { await self.look(at: scenario, say) }
      }
      return await group.reduce(into: seen) { $0.add($1) }
    }
    return ChaosReport(
      seed: seed, isLong: isLong, duration: .now - began, servers: seen.servers,
      scenarios: scenarios.map {
        ChaosReport.Extent(name: $0.name, text: isLong ? $0.extent.long : $0.extent.short)
      }, verdicts: ChaosReport.merged(seen.verdicts))
  }

  private func look(
    at scenario: any Scenario, _ say: @escaping @Sendable (String) -> Void
  ) async -> ChaosBench.Seen {
    let start = ContinuousClock.now
    defer { say("\(scenario.name): took \((ContinuousClock.now - start).inSeconds)") }
    do {
      return try await ChaosBench.run(scenario, seed: seed, isLong: isLong, say: say)
    } catch {
      return ChaosBench.Seen(
        verdicts: scenario.promises.map {
          Verdict($0, observations: 0, atLeast: 1, faults: ["\(scenario.name) failed: \(error)"])
        })
    }
  }
}
