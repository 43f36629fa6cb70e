import Foundation
import LocalServices
import Postgres
import TestSupport

/// W5: how long an urgent job takes while a backlog of low ones is worked off.
extension Workload {
  static let urgent = Workload(
    id: "W5",
    title: "urgent jobs, 20/s, while a worker is busy with a backlog of `low` ones",
    contenders: [
      Contender(name: "openclaw", role: .ours) { try await urgent(behind: $0.backlog, in: $0) },
      Contender(name: "openclaw, nothing waiting", role: .limit) {
        try await urgent(behind: 0, in: $0)
      },
      Contender(name: "celery, priority queue", role: .rival) {
        try await Rival.urgent(behind: $0.backlog, in: $0)
      },
    ],
    goals: [
      Goal(
        text: "p99 at most 2 × that with nothing waiting",
        figure: { all in
          guard let mine = all["openclaw"]?.figures["p99_us"],
            let limit = all["openclaw, nothing waiting"]?.figures["p99_us"], limit > 0
          else { return nil }
          return mine / limit
        }, isMet: { $0 <= 2 }),
      .atLeast(0.1, "low_share", of: "openclaw", "low keeps at least 10 % of the starts"),
    ])

  static func urgent(behind backlog: Int, in arena: Arena) async throws -> Sample {
    let gateway =
      backlog > 0
      ? try await arena.fill(backlog, priority: "low") : try await arena.startGateway()
    let worker = try await arena.startWorker("skill.system")
    let ledger = Ledger()
    var load = Load(
      url: arena.url("/api/v1/jobs"), token: arena.system.token,
      body: Load.job("skill:system.clock", priority: "urgent", input: "{}"),
      seconds: arena.seconds, rate: 20)
    load.options = ["--follow", "/api/v1/jobs/", "/events", "--ids", ledger.file.path]
    let run = try await load.run(in: arena)
    let waiting = try await arena.count("(SELECT FROM steps WHERE state = 1 LIMIT 1) AS waiting")
    var sample = try run.roundTripSample()
    let starts = try await arena.count("steps WHERE started_at IS NOT NULL")
    let low = try await arena.count("steps WHERE started_at IS NOT NULL AND priority = 3")
    guard backlog == 0 || waiting > 0 else { throw Failure("the backlog was gone before the end") }
    sample.figures["low_share"] = Double(low) / Double(max(1, starts))
    (sample.lost, sample.doubled) = try await ledger.settle(in: arena, succeeded: true)
    await worker.stop()
    await gateway.stop()
    return sample
  }
}
