import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport
import Testing

/// Real processes killed under load: every accepted job ends once, and no finished step runs again.
///
/// `OPENCLAW_FAULT_ROUNDS` says how many kills of each kind (2 by default; `make faults` asks for 20).
@Suite(.serialized, .timeLimit(.minutes(20))) struct FaultTests {
  private static let rounds =
    Int(ProcessInfo.processInfo.environment["OPENCLAW_FAULT_ROUNDS"] ?? "") ?? 2
  private static let load = 200

  @Test func workersKilledInTheMiddleOfModelTurns() async throws {
    try await run("worker killed in a model turn") { bench in
      let skills = try await bench.system.startWorker("skill.files", "skill.system")
      let kills = try await bench.kill(behind: Self.load) { round in
        let worker = try await bench.system.startWorker("agent.main", pace: 20)
        try await bench.waitForExecutions(8 + round % 7, of: .agentTurn)
        worker.killProgram()
        return worker
      }
      return (kills, [skills, try await bench.system.startWorker("agent.main")])
    }
  }

  @Test func workersKilledInTheMiddleOfSkills() async throws {
    try await run("worker killed in a skill") { bench in
      let agents = try await bench.system.startWorker("agent.main")
      let kills = try await bench.kill(behind: Self.load) { round in
        // Before the effect, and after it but before the finish, in turn.
        let point = round.isMultiple(of: 2) ? "skill-spawned" : "skill-exited"
        return try await bench.system.startWorker(
          "skill.files", "skill.system", failpoints: "\(point):\(3 + round % 5):kill")
      }
      return (kills, [agents, try await bench.system.startWorker("skill.files", "skill.system")])
    }
  }

  @Test func gatewaysKilledBetweenCommitAndPublish() async throws {
    try await run("gateway killed between COMMIT and publish", ownGateway: true) { bench in
      let worker = try await bench.system.startWorker("agent.main", "skill.files", "skill.system")
      let kills = try await bench.kill(behind: 0) { round in
        try await bench.system.startGateway(failpoints: "accept-commit:\(1 + round % 3):kill")
      }
      return (kills, [worker, try await bench.system.startGateway()])
    }
  }

  @Test func brokersKilledAndTheirDiskDeleted() async throws {
    try await run("broker killed and its disk deleted") { bench in
      let worker = try await bench.system.startWorker(
        "agent.main", "skill.files", "skill.system", pace: 2)
      let broker = bench.system.stack.rabbitmq
      let kills = try await bench.kill(behind: Self.load) { _ in
        guard let node = await broker.runningProcess else { throw Unexpected("no broker") }
        node.killProgram()
        _ = await broker.waitUntilEnded()
        try await broker.wipeData()
        try await broker.start()
        return node
      }
      return (kills, [worker])
    }
  }

  /// - Parameter body: Kills, and answers how often, and what it leaves running.
  private func run(
    _ name: String, ownGateway: Bool = false,
    _ body: @escaping @Sendable (FaultBench) async throws -> (Int, [ManagedProcess])
  ) async throws {
    try await TestSystem.with { system in
      let bench = FaultBench(system: system, rounds: Self.rounds, load: Self.load)
      let gateway = ownGateway ? nil : try await system.startGateway()
      try await bench.announceAll()
      let start = ContinuousClock.now
      let (kills, running) = try await bench.underLoad { try await body(bench) }
      let took = ContinuousClock.now - start
      for process in running { await process.stop() }
      await gateway?.stop()
      let report = try await bench.report()
      print(
        "faults: \(name): \(kills) kills, \(report.accepted) jobs accepted, "
          + "\(report.succeeded) succeeded, \(report.endedOnce) ended once, "
          + "\(report.executions) executions, \(report.repeats) repeated, "
          + "\(report.ranAgain) ran again after their finish, \(took.components.seconds) s")
      #expect(kills == Self.rounds)
      #expect(report.accepted >= Self.load)
      #expect(report.succeeded == report.accepted)
      #expect(report.endedOnce == report.accepted)
      #expect(report.ranAgain == 0)
      #expect(report.broken == 0, "jobs whose open count or steps contradict their state")
    }
  }
}
