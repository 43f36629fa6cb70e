import LocalServices
import Postgres
import TestSupport

/// D15: trees of delegated jobs cancelled from the root and from a child, with kills.
package struct TreeScenario: Scenario {
  package let name = "trees"
  package let promises: [Promise] = [.D15]
  package let extent = (
    short:
      "30 trees cancelled from the root, from a child, and a child alone, a kill of a worker or "
      + "gateway every other second; what the dead held is taken back at once",
    long: "900 trees cancelled so, a kill of a worker or gateway every three seconds"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    // Turns that take their time.
    try await bench.stub.serve(pace: .milliseconds(30), log: bench.modelLog)
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    let (users, rounds) = bench.isLong ? (10, 30) : (10, 1)
    let graves = Graves()
    async let killing = CancelScenario.keepKilling(graves, bench)
    let tally = try await trials(users, rounds, bench, graves)
    graves.close()
    let kills = try await killing
    var deeds = Checker.Deeds()
    deeds.hits = kills
    deeds.mayRepeat = kills * 4
    let trees = users * rounds * TreeTrial.Way.allCases.count
    let checks = try await Checker(bench).verdicts(deeds, jobs: trees)
    let revived = try await CancelScenario.revived(tally.marks, bench)
    return checks + [
      tally.verdict(atLeast: trees / 3, kills: kills, revived: revived, slack: bench.slack)
    ]
  }

  private func trials(
    _ users: Int, _ rounds: Int, _ bench: ChaosBench, _ graves: Graves
  ) async throws -> TreeTally {
    try await withThrowingTaskGroup(of: TreeTally.self) { group in
      for user in 0..<users {
        group.addTask {
          var dice = bench.dice("user \(user)")
          var tally = TreeTally()
          for _ in 0..<rounds {
            for way in TreeTrial.Way.allCases.shuffled(using: &dice) {
              tally.add(try await TreeTrial(bench, graves).run(way, &dice))
            }
          }
          return tally
        }
      }
      return try await group.reduce(into: TreeTally()) { $0.add($1) }
    }
  }
}
