import Foundation
import LocalServices
import Postgres
import Synchronization
import TestSupport

/// D15: jobs cancelled at any moment of their lives, while workers and a gateway are killed.
package struct CancelScenario: Scenario {
  package let name = "cancels"
  package let promises: [Promise] = [.D15]
  package let extent = (
    short:
      "100 cancels at random moments, a kill of a worker or gateway every other second; what the "
      + "dead held is taken back at once",
    long: "2,000 cancels at random moments, a kill of a worker or gateway every three seconds"
  )
  package let hasTestSkills = true

  /// As a catalogue wants it.
  package init() {}

  package func run(_ bench: ChaosBench) async throws -> [Verdict] {
    // Turns that take their time.
    try await bench.stub.serve(
      pace: .milliseconds(60), log: bench.system.stack.root.url.appending(path: "model-log"))
    try await bench.addGateways(2)
    try await bench.addWorkers(3)
    let (users, each) = bench.isLong ? (40, 50) : (25, 4)
    let graves = Graves()
    let (tally, kills) = try await withThrowingTaskGroup(of: CancelTally.self) { group in
      async let kills = Self.keepKilling(graves, bench)
      for user in 0..<users {
        group.addTask {
          var dice = bench.dice("user \(user)")
          var tally = CancelTally()
          for _ in 0..<each { tally.add(try await CancelTrial(bench, graves).run(&dice)) }
          return tally
        }
      }
      let tally = try await group.reduce(into: CancelTally()) { $0.add($1) }
      graves.close()
      return (tally, try await kills)
    }
    var deeds = Checker.Deeds()
    deeds.hits = kills
    deeds.mayRepeat = kills * 4
    let checks = try await Checker(bench).verdicts(deeds, jobs: users * each)
    let revived = try await Self.revived(tally.marks, bench)
    return checks + [
      tally.verdict(atLeast: users * each / 2, kills: kills, revived: revived, slack: bench.slack)
    ]
  }

  /// Kills a part and starts it again, now and then, until the graves are closed.
  ///
  /// - Returns: How often.
  static func keepKilling(_ graves: Graves, _ bench: ChaosBench) async throws -> Int {
    var dice = bench.dice("kills")
    var kills = 0
    while true {
      try await Task.sleep(for: dice.duration(bench.isLong ? 2000...4000 : 1500...2500))
      if graves.areClosed { return kills }
      // One gateway is left alone: what its reaper does needs it to have lived for a lease.
      let name = dice.pick(["worker 0", "worker 1", "worker 2", "gateway 1"])
      guard let pid = await bench.crew.pid(of: name) else { continue }
      graves.add(pid)
      _ = await bench.crew.kill(name)
      if !bench.isLong { try await bench.system.endLeases(ofWorker: pid) }
      try await bench.crew.restart(name)
      kills += 1
    }
  }

  /// Jobs of which anything began after a client had seen their end.
  ///
  /// - Parameter marks: How long the workers' ledger was at the end of each job.
  static func revived(_ marks: [String: Int], _ bench: ChaosBench) async throws -> [String] {
    let started = try ExecutionLedger.starts(in: bench.system.ledger, behind: marks)
    let claimed = try await bench.system.rows(
      """
      SELECT jobs.id::text AS job FROM jobs JOIN steps ON steps.job_id = jobs.id
      WHERE jobs.state >= 4 AND (steps.state < 4 OR steps.started_at > jobs.finished_at)
      """
    ) { try $0.decode("job", as: String.self) }
    return started + claimed
  }
}

/// The process ids of what was killed.
final class Graves: Sendable {
  private let state = Mutex((dead: Set<Int32>(), areClosed: false))

  var areClosed: Bool { state.withLock(\.areClosed) }

  func add(_ pid: Int32) { state.withLock { _ = $0.dead.insert(pid) } }

  func close() { state.withLock { $0.areClosed = true } }

  func holdAny(of pids: [Int32]) -> Bool { state.withLock { !$0.dead.isDisjoint(with: pids) } }
}
