import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// W1+W3: accepting and working off at the same time.
extension Workload {
  static let sustained = Workload(
    id: "W1+W3",
    title: "POST at a fixed rate while one worker does the jobs, a minute long",
    contenders: [2_000, 4_000].map { rate in
      Contender(name: "openclaw \(rate)/s", role: .ours) { try await sustain(rate, in: $0) }
    },
    goals: [
      .atLeast(4_000, "rate", of: "openclaw 4000/s", "4,000 jobs/s").missed(because: sum),
      .atMost(500_000, "wait_p99_us", of: "openclaw 4000/s", "p99 of the wait at most 500 ms")
        .missed(because: sum),
    ])

  private static let sum = """
    It needs 500 CPU µs per job for everything on two processors; the table shows the sum. What was \
    tried is said at W1 and W3.
    """

  private static func sustain(_ rate: Int, in arena: Arena) async throws -> Sample {
    try await arena.announce("skill.system")
    let gateway = try await arena.startGateway()
    let worker = try await arena.startWorker("skill.system")
    let ledger = Ledger()
    var load = Load(
      url: arena.url("/api/v1/jobs"), token: arena.system.token,
      body: Load.job("skill:system.clock", input: "{}"), connections: 256, seconds: 60, rate: rate)
    load.options = ["--ids", ledger.file.path]
    let meter = CPUMeter(await arena.processes(gateway: gateway, worker: worker))
    let run = try await load.run(in: arena)
    var sample = run.sample()
    sample.add(cpu: meter.elapsed(), jobs: Double(run.requests))
    try await arena.wait(within: .seconds(300)) {
      try await Task.sleep(for: .milliseconds(200))
      return try await arena.count("(SELECT FROM steps WHERE state < 4 LIMIT 1) AS open") == 0
    }
    let rows = try await arena.system.database.query(
      """
      SELECT 1e6 * percentile_cont(0.99) WITHIN GROUP (
        ORDER BY extract(epoch FROM finished_at - created_at))::float8 AS wait FROM steps
      """)
    sample.figures["wait_p99_us"] = try rows.first?.decode("wait") ?? .infinity
    await worker.stop()
    await gateway.stop()
    sample.doubled = Int(try await arena.count("steps WHERE runs > 1"))
    sample.lost = try await ledger.settle(in: arena, succeeded: true).lost
    return sample
  }
}
