import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// W3: how fast one worker works off a backlog of steps that do next to nothing.
extension Workload {
  static let drain = Workload(
    id: "W3",
    title: "a worker drains waiting skill calls, full bookkeeping",
    contenders: [
      Contender(name: "openclaw", role: .ours) {
        try await drain($0.backlog, concurrency: 32, in: $0)
      },
      Contender(name: "openclaw, one at a time", role: .ours) {
        try await drain($0.backlog / 10, concurrency: 1, in: $0)
      },
      Contender(name: "celery, acks late, prefork 2", role: .rival) {
        try await Rival.drain($0.backlog / 10, in: $0)
      },
      Contender(name: "rabbitmq-c consumer", role: .limit) {
        try await Limit.broker(
          ["drain", "--prefetch", "32", "--ack-batch", "32", "--size", "250"], count: $0.backlog,
          in: $0)
      },
    ],
    goals: [
      .ratio(
        "10 × Celery", of: "rate", "openclaw", over: "celery, acks late, prefork 2", atLeast: 10
      ).missed(because: bookkeeping),
      .ratio(
        "0.3 × a C consumer", of: "rate", "openclaw", over: "rabbitmq-c consumer", atLeast: 0.3
      ).missed(because: bookkeeping),
    ])

  private static let bookkeeping = """
    The broker's share alone is most of what either goal leaves a job of two processors; the \
    transactions that claim and finish, and the worker, come on top. Tried: claims of several steps \
    and slots that fill together, tickets acknowledged by ranges, as many held as there are slots, \
    plans made once for a connection, claims that wait for no disk, short skills without a thread \
    of their own, lane turns by length. A profile of the worker shows no single cost above 12 % \
    (finishing), a tenth is changes of threads; groups hold 12 of 31 steps on average.
    """

  /// Enqueues, then starts the worker and counts from its first claim to its last finish.
  static func drain(_ backlog: Int, concurrency: Int, in arena: Arena) async throws -> Sample {
    let gateway = try await arena.fill(backlog)
    let meter = CPUMeter(await arena.processes(gateway: gateway))
    let worker = try await arena.system.startWorker(["skill.system"], concurrency: concurrency)
    let workers = CPUMeter(["worker": [worker.childPID]])
    try await arena.wait(within: .seconds(600)) {
      try await Task.sleep(for: .milliseconds(200))
      return try await arena.count("(SELECT FROM steps WHERE state < 4 LIMIT 1) AS open") == 0
    }
    var sample = Sample()
    sample.add(cpu: meter.elapsed(), jobs: Double(backlog))
    sample.add(cpu: workers.elapsed(), jobs: Double(backlog))
    await worker.stop()
    await gateway.stop()
    sample.figures["rate"] = Double(backlog) / (try await arena.secondsOfWork())
    sample.lost = backlog - Int(try await arena.count("jobs WHERE state = 4"))
    sample.doubled = Int(try await arena.count("steps WHERE runs > 1"))
    return sample
  }
}

extension Arena {
  /// Stores jobs of a skill that does next to nothing, which no worker serves yet.
  ///
  /// - Returns: The gateway, still running.
  func fill(_ backlog: Int, priority: String = "normal") async throws -> ManagedProcess {
    try await announce("skill.system")
    let gateway = try await startGateway()
    let job = Load.job("skill:system.clock", priority: priority, input: "{}")
    var load = Load(
      url: url("/api/v1/jobs/batch"), token: system.token,
      body: "[" + Array(repeating: job, count: 250).joined(separator: ",") + "]",
      connections: 4, seconds: 600)
    load.options = ["--requests", String(backlog / 250)]
    let run = try await load.run(in: self)
    guard run.failed(unless: "200") == 0 else { throw Failure("the backlog was not stored") }
    // Until the broker has all tickets.
    try await wait(within: .seconds(300)) { try await count("outbox WHERE true") == 0 }
    return gateway
  }

  /// From the first start of a step to the last end.
  func secondsOfWork() async throws -> Double {
    let rows = try await system.database.query(
      """
      SELECT extract(epoch FROM max(finished_at) - min(started_at))::float8 AS seconds FROM steps
      WHERE state = 4
      """)
    return try rows.first?.decode("seconds") ?? .infinity
  }
}
