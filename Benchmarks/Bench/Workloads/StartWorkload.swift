import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// W6: from the exec of a worker to its first finished job, what it holds while idle, and how long
/// a step of a killed worker waits.
extension Workload {
  static let start = Workload(
    id: "W6", title: "start of a worker to its first job done; idle memory; recovery",
    contenders: [
      Contender(name: "openclaw", role: .ours, measure: startOnce),
      Contender(name: "celery worker", role: .rival) { try await Rival.start(in: $0) },
      Contender(name: "rabbitmq-c program", role: .limit) { try await Limit.start(in: $0) },
    ],
    goals: [
      .atMost(150, "ready_ms", of: "openclaw", "worker ready within 150 ms"),
      Goal(
        text: "8 × faster to start than Celery",
        figure: { all in
          guard let mine = all["openclaw"]?.figures["ready_ms"], mine > 0 else { return nil }
          return all["celery worker"]?.figures["ready_ms"].map { $0 / mine }
        }, isMet: { $0 >= 8 }),
      .atMost(25, "idle_worker_mib", of: "openclaw", "idle worker at most 25 MiB"),
      .atMost(40, "idle_gateway_mib", of: "openclaw", "idle gateway at most 40 MiB"),
      .atMost(25, "resumed_s", of: "openclaw", "killed to resumed within 25 s"),
    ])

  @Sendable private static func startOnce(in arena: Arena) async throws -> Sample {
    // Before the gateway reads what there is, which it does not do again at once.
    try await arena.announce("agent.main")
    let gateway = try await arena.fill(250)
    var sample = Sample()
    let start = Date.now
    let worker = try await arena.system.startWorker(["skill.system"], concurrency: 4)
    try await arena.wait(for: worker) { try await arena.count("jobs WHERE state < 4") == 0 }
    // The clocks are those of one machine.
    let rows = try await arena.system.database.query(
      "SELECT extract(epoch FROM min(finished_at))::float8 AS first FROM steps")
    let first = try rows.first?.decode("first", as: Double.self) ?? .infinity
    sample.figures["ready_ms"] = (first - start.timeIntervalSince1970) * 1000
    try await Task.sleep(for: .seconds(3))
    sample.figures["idle_worker_mib"] = Double(CPUMeter.memory(of: [worker.childPID])) / 0x1p20
    sample.figures["idle_gateway_mib"] = Double(CPUMeter.memory(of: [gateway.childPID])) / 0x1p20
    await worker.stop()
    sample.figures["resumed_s"] = try await resumption(in: arena)
    await gateway.stop()
    return sample
  }

  /// Kills a worker in the middle of a turn, with another of its pool beside it.
  private static func resumption(in arena: Arena) async throws -> Double {
    let victim = try await arena.system.startWorker(["agent.main"], pace: 200, concurrency: 4)
    // Of its four slots one is kept for urgent work. The model says it all again, piece by piece.
    let speech = String(repeating: "once more ", count: 200)
    let load = Load(
      url: arena.url("/api/v1/jobs"), token: arena.system.token,
      body: Load.job("agent:main", input: "\"\(speech)\""), seconds: 5,
      options: ["--requests", "3"])
    let run = try await load.run(in: arena)
    guard run.failed(unless: "202") == 0 else { throw Failure("no turn to resume") }
    try await arena.wait(for: victim) { try await arena.count("steps WHERE state = 3") == 3 }
    let other = try await arena.startWorker("agent.main", concurrency: 4)
    let killed = ContinuousClock.now
    victim.killProgram()
    try await arena.wait { try await arena.count("steps WHERE runs > 1") == 3 }
    let took = ContinuousClock.now - killed
    await other.stop()
    return took / .seconds(1)
  }
}
