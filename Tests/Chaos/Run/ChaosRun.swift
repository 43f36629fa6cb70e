import Foundation
import TestSupport

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
    var parts: [(part: ChaosReport.Part, servers: [String: String])] = []
    await withTaskGroup(of: (ChaosReport.Part, [String: String]).self) { group in
      for (number, scenario) in scenarios.enumerated() {
        if number >= width, let next = await group.next() { parts.append(next) }
        group.addTask { await self.part(of: scenario, say) }
      }
      for await next in group { parts.append(next) }
    }
    let servers = parts.reduce(into: [:]) { $0.merge($1.servers) { $1 } }
    let order = scenarios.map(\.name)
    return ChaosReport(
      machine: .this(servers: servers),
      parts: parts.map(\.part).sorted {
        (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0)
      })
  }

  private func part(
    of scenario: any Scenario, _ say: @escaping @Sendable (String) -> Void
  ) async -> (ChaosReport.Part, [String: String]) {
    let began = ContinuousClock.now
    // Of the programs that run: the checkout may go on meanwhile.
    let machine = Machine.this(servers: [:])
    let seen = await look(at: scenario, say)
    let part = ChaosReport.Part(
      name: scenario.name, text: isLong ? scenario.extent.long : scenario.extent.short,
      isLong: isLong, seed: seed, commit: machine.commit, build: machine.build, at: Date(),
      seconds: (.now - began) / .seconds(1), verdicts: ChaosReport.merged(seen.verdicts))
    return (part, seen.servers)
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
