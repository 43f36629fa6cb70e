import Foundation
import Jobs
import LocalServices
import Postgres
import Synchronization
import TestSupport

/// Load, kills and the final count of a fault run.
final class FaultBench: Sendable {
  let system: TestSystem
  private let rounds: Int
  private let load: Int
  private let client: Client
  /// The client's own ledger: what it got a 202 for.
  private let promised = Mutex<[JobID]>([])
  private let isFilling = Mutex(true)

  init(system: TestSystem, rounds: Int, load: Int) {
    self.system = system
    self.rounds = rounds
    self.load = load
    client = Client(system)
  }

  /// Runs the body while as many jobs as the load says are kept unfinished, then waits until all
  /// are over.
  ///
  /// - Parameter body: Kills, and leaves a healthy system behind.
  func underLoad<Value: Sendable>(
    _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    let value = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await self.keepFull() }
      let value = try await body()
      isFilling.withLock { $0 = false }
      try await group.waitForAll()
      return value
    }
    try await settle()
    return value
  }

  /// Kills once a round.
  ///
  /// - Parameters:
  ///   - load: How many jobs must be unfinished before a kill.
  ///   - start: Starts or hits the process of a round, which then ends with SIGKILL.
  /// - Returns: How many processes ended with SIGKILL.
  func kill(
    behind load: Int, _ start: (Int) async throws -> ManagedProcess
  ) async throws -> Int {
    var kills = 0
    for round in 0..<rounds {
      while try await count("jobs WHERE state < 4") < Int64(load) {
        try await Task.sleep(for: .milliseconds(20))
      }
      let victim = try await start(round)
      if await victim.exitStatus.code == 128 + SIGKILL { kills += 1 }
    }
    return kills
  }

  private func keepFull() async throws {
    while isFilling.withLock(\.self) {
      try await fill()
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Enqueues until as many jobs are unfinished as the load says. Jobs of three kinds.
  private func fill() async throws {
    let unfinished = Int(try await count("jobs WHERE state < 4"))
    let missing = load + 20 - unfinished
    guard missing > 0 else { return }
    try await withThrowingTaskGroup(of: JobID.self) { group in
      for index in 0..<missing {
        group.addTask { [client] in
          let name = UUID().uuidString.prefix(8)
          return switch index % 4 {
          case 0: try await client.enqueue("agent:main", "what time is it?")
          case 1:
            try await client.enqueue(
              "skill:files.write", ["path": .string("\(name).txt"), "content": "hello"])
          default:
            try await client.enqueue("agent:main", .string("write hello into \(name).txt"))
          }
        }
      }
      for try await id in group { promised.withLock { $0.append(id) } }
    }
  }

  /// Waits until some executions of a kind are under way at the same time or have been.
  func waitForExecutions(_ number: Int, of kind: StepKind) async throws {
    let before = try await count("steps WHERE state > 3 AND kind = \(kind.rawValue)")
    while true {
      let running = try await count("steps WHERE state = 3 AND kind = \(kind.rawValue)")
      let done = try await count("steps WHERE state > 3 AND kind = \(kind.rawValue)")
      if running > 0, done >= before + Int64(number) { return }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Lets a worker announce all targets and stop, so that their jobs are accepted from now on.
  func announceAll() async throws {
    let worker = try await system.startWorker("agent.main", "skill.files", "skill.system")
    while try await count("capabilities WHERE true") < 5 {
      try await Task.sleep(for: .milliseconds(20))
    }
    await worker.stop()
  }

  /// Waits until every promised job is over.
  private func settle() async throws {
    let deadline = ContinuousClock.now + .seconds(180)
    while try await count("jobs WHERE state < 4") > 0 {
      guard ContinuousClock.now < deadline else {
        throw Unexpected(
          "jobs do not end:\n\(system.log("gateway"))\n\(system.log("worker"))")
      }
      try await Task.sleep(for: .milliseconds(200))
    }
  }

  struct Report {
    let accepted: Int
    let succeeded: Int
    let endedOnce: Int
    let executions: Int
    let repeats: Int
    let ranAgain: Int
    let broken: Int
  }

  /// Holds the client's ledger and the workers' ledger against the database.
  func report() async throws -> Report {
    let ids = promised.withLock { $0 }.map(\.uuid)
    let ledger = try Ledger(system.ledger)
    let succeeded = try await count("jobs WHERE id = ANY(\(ids)) AND state = 4")
    let ended = try await count(
      """
      (SELECT job_id FROM events WHERE job_id = ANY(\(ids)) AND type IN (5, 6, 7, 8)
       GROUP BY job_id HAVING count(*) = 1) AS once
      """)
    let broken = try await count(
      """
      jobs WHERE open <> 0 OR EXISTS (
        SELECT FROM steps WHERE steps.job_id = jobs.id AND steps.state < 4)
      """)
    return Report(
      accepted: ids.count, succeeded: Int(succeeded), endedOnce: Int(ended),
      executions: ledger.started, repeats: ledger.repeats,
      ranAgain: ledger.ranAgainAfterFinish.count, broken: Int(broken))
  }

  func count(_ source: SQL) async throws -> Int64 {
    let counting: SQL = "SELECT count(*) AS n FROM "
    return try await system.database.query(counting + source).first?.decode("n") ?? -1
  }
}
