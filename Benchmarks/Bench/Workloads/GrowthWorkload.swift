import Foundation
import LocalServices
import Postgres
import TestSupport

/// W3 and W5 once more, with ever more steps waiting: what a job costs must not depend on that.
extension Workload {
  static let growth = Workload(
    id: "growth",
    title: "W3 and W5 at once with more and more `low` steps waiting; urgent jobs at 20/s",
    contenders: [10_000, 100_000, 1_000_000].map { waiting in
      Contender(name: name(waiting), role: .ours) { try await drain(behind: waiting, in: $0) }
    },
    goals: [
      growth("CPU µs per job with 1,000,000 waiting at most 1.25 × those with 10,000", 1.25) {
        $0.cpu.values.reduce(0, +)
      },
      growth("urgent p95 with 1,000,000 waiting at most 1.5 × that with 10,000", 1.5) {
        $0.figures["urgent_p95_us"]
      },
    ])

  private static func name(_ waiting: Int) -> String { "openclaw, \(waiting) waiting" }

  private static func growth(
    _ text: String, _ bound: Double, of figure: @escaping @Sendable (Summary) -> Double?
  ) -> Goal {
    Goal(
      text: text,
      figure: { all in
        guard let most = all[name(1_000_000)].flatMap(figure),
          let few = all[name(10_000)].flatMap(figure), few > 0
        else { return nil }
        return most / few
      }, isMet: { $0 <= bound })
  }

  /// Measures while most of the backlog is still there.
  private static func drain(behind waiting: Int, in arena: Arena) async throws -> Sample {
    let gateway = try await arena.fill(waiting, priority: "low")
    let groups = await arena.processes(gateway: gateway)
    let worker = try await arena.startWorker("skill.system")
    let ledger = Ledger()
    var load = Load(
      url: arena.url("/api/v1/jobs"), token: arena.system.token,
      body: Load.job("skill:system.clock", priority: "urgent", input: "{}"),
      seconds: max(1, min(arena.seconds, waiting / 8_000)), rate: 20)
    load.options = ["--follow", "/api/v1/jobs/", "/events", "--ids", ledger.file.path]
    let meter = CPUMeter(groups.merging(["worker": [worker.childPID]]) { $1 })
    let before = try await arena.ended()
    let run = try await load.run(in: arena)
    let after = try await arena.ended()
    var sample = Sample()
    sample.add(cpu: meter.elapsed(), jobs: Double(after - before))
    sample.figures["rate"] = Double(after - before) / run.seconds
    sample.figures["urgent_p50_us"] = run.doneUs?.p50
    sample.figures["urgent_p95_us"] = run.doneUs?.p95
    let left = try await arena.count("steps WHERE state = 1")
    guard left > 0 else { throw Failure("the backlog was gone before the end") }
    (sample.lost, sample.doubled) = try await ledger.settle(in: arena, succeeded: true)
    await worker.stop()
    await gateway.stop()
    return sample
  }
}

extension Arena {
  /// How many steps have ended.
  fileprivate func ended() async throws -> Int64 { try await count("steps WHERE state >= 4") }
}
