import AMQP
import Foundation
import JobQueue
import Jobs
import LocalServices
import Postgres
import Synchronization
import TestSupport

/// Where contenders meet: private servers, the programs, and how long a measurement takes.
struct Arena: Sendable {
  /// The servers and what starts our processes.
  let system: TestSystem
  /// The folder of the release programs.
  let programs: URL
  /// Seconds of one measurement.
  let seconds: Int
  /// How many jobs a drain works off.
  let backlog: Int

  /// Process ids by the names that a report shows.
  func processes(
    gateway: ManagedProcess? = nil, worker: ManagedProcess? = nil
  ) async -> [String: [Int32]] {
    var groups: [String: [Int32]] = [:]
    groups["broker"] = await system.stack.rabbitmq.runningProcess.map { [$0.childPID] }
    groups["database"] = await system.stack.postgres.runningProcess.map { [$0.childPID] }
    groups["gateway"] = gateway.map { [$0.childPID] }
    groups["worker"] = worker.map { [$0.childPID] }
    return groups
  }

  /// A URL of the first gateway.
  func url(_ path: String) -> String { "http://127.0.0.1:\(system.gatewayPorts[0])\(path)" }

  /// Starts a gateway and returns when it is ready.
  func startGateway(_ number: Int = 0) async throws -> ManagedProcess {
    let gateway = try await system.startGateway(number)
    let port = system.gatewayPorts[number]
    try await wait(for: gateway) { await Self.answers("http://127.0.0.1:\(port)/readyz") }
    return gateway
  }

  /// Starts a worker and returns when its heartbeat shows.
  func startWorker(_ pools: String..., concurrency: Int = 32) async throws -> ManagedProcess {
    let worker = try await system.startWorker(pools, concurrency: concurrency)
    let pid = Int64(worker.childPID)
    try await wait(for: worker) {
      try await count("workers WHERE pid = \(pid)") > 0
    }
    return worker
  }

  /// Lets a worker announce the targets and stop, so that their jobs are accepted from now on.
  func announce(_ pools: String...) async throws {
    let worker = try await system.startWorker(pools, concurrency: 1)
    try await wait(for: worker) {
      let served: SQL =
        "(SELECT DISTINCT pool FROM capabilities WHERE pool = ANY(\(pools))) AS served"
      return try await count(served) == pools.count
    }
    await worker.stop()
  }

  /// Forgets all jobs and tickets, so that each measurement begins with empty servers.
  func reset() async throws {
    _ = try await system.database.execute(
      "TRUNCATE jobs, steps, outbox, events, audit_log, workers")
    try await purgeLanes()
    _ = try await system.database.execute("VACUUM ANALYZE")
  }

  private func purgeLanes() async throws {
    let topology = try Topology(
      yaml: String(
        contentsOf: TestTools.checkout.appending(path: "queues/topology.yaml"), encoding: .utf8))
    let channel = try await AMQPChannel.open(
      AMQPConfiguration(url: try system.stack.amqpURL(), connectionName: "bench"))
    try await topology.declare(on: channel)
    for lane in topology.allLanes { _ = try await channel.purgeQueue(topology.queue(of: lane)) }
    await channel.close()
  }

  /// The number of rows of `FROM source`.
  func count(_ source: SQL) async throws -> Int64 {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await system.database.query(counting + source).first?.decode("n") ?? -1
  }

  /// Waits until a condition holds.
  ///
  /// - Throws: ``Failure`` after a minute, or when the process ends first.
  func wait(
    for process: ManagedProcess? = nil, within limit: Duration = .seconds(60),
    file: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
  ) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
      if let process, process.exitStatusIfEnded != nil {
        throw Failure("\(process.command.name) ended: \(system.log("gateway"))")
      }
      guard ContinuousClock.now < deadline else {
        throw Failure("waited in vain at \(file):\(line)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Whether anything answers, whatever its status is.
  static func listens(_ url: String) async -> Bool {
    // No answer yet is what is asked.
    let run = try? await ToolRun.run("/usr/bin/curl", ["-s", "-o", "/dev/null", url])
    return run?.status == 0
  }

  private static func answers(_ url: String) async -> Bool {
    // No answer yet is what is asked.
    let run = try? await ToolRun.run("/usr/bin/curl", ["-sf", "-o", "/dev/null", url])
    return run?.status == 0
  }
}

/// Why a measurement has no figure.
struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
