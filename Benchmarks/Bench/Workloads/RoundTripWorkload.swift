import Foundation
import LocalServices
import TestSupport

/// W2: from the POST until the client has the result, at fixed rates.
extension Workload {
  static let roundTrip = Workload(
    id: "W2",
    title: "POST, the built-in model's turn, the result by server-sent events; open loop",
    contenders: [100, 500, 1_000, 2_000].map { rate in
      Contender(name: "openclaw \(rate)/s", role: .ours) { try await roundTrips(rate, in: $0) }
    }
      + [100, 500].map { rate in
        Contender(name: "celery get() \(rate)/s", role: .rival) {
          try await Rival.roundTrips(rate, in: $0)
        }
      } + [
        Contender(name: "2 hops, 2 commits, 500/s", role: .limit) {
          try await Limit.roundTrips(500, in: $0)
        }
      ],
    goals: [
      .atMost(5_000, "p50_us", of: "openclaw 500/s", "p50 at most 5 ms at 500/s").missed(
        because: wait),
      .atMost(20_000, "p95_us", of: "openclaw 500/s", "P95 at most 20 ms at 500/s").missed(
        because: wait),
    ])

  private static let wait = """
    At 500/s the CPU time of the table fills the processors, and the time is spent waiting for \
    them: at 100/s the same path takes a few milliseconds. A followed job is five transactions, \
    two messages and some 150 system calls that have nothing to share their cost with at such a \
    rate. Tried (p50 was 95-160 ms): the history read with the stream's opening and the end with \
    its job, bindings kept for minutes and of 512 shards instead of 4,096, tickets forgotten \
    together every 100 ms, claims that wait for no disk, short skills run where they are claimed, \
    a page of events in one scan, actors that yield on the thread where they wait.
    """

  private static func roundTrips(_ rate: Int, in arena: Arena) async throws -> Sample {
    let gateway = try await arena.startGateway()
    let worker = try await arena.startWorker("agent.main")
    let ledger = Ledger()
    var load = Load(
      url: arena.url("/api/v1/jobs"), token: arena.system.token,
      body: Load.job("agent:main", input: #""hello {n}""#), connections: 512,
      seconds: arena.seconds, rate: rate)
    load.options = ["--follow", "/api/v1/jobs/", "/events"]
    try await load.warmUp(in: arena)
    load.options += ["--ids", ledger.file.path]
    let meter = CPUMeter(await arena.processes(gateway: gateway, worker: worker))
    let run = try await load.run(in: arena)
    var sample = try run.roundTripSample()
    sample.add(cpu: meter.elapsed(), jobs: Double(run.requests))
    (sample.lost, sample.doubled) = try await ledger.settle(in: arena, succeeded: true)
    await worker.stop()
    await gateway.stop()
    return sample
  }
}
