import Foundation
import LocalServices
import TestSupport

/// What the machine, the broker and the database allow, without any of our code.
enum Limit {
  private struct Rate: Decodable {
    let rate: Double
  }

  /// W1's broker side: persistent messages to a quorum queue, 1,000 unconfirmed.
  @Sendable static func publish(in arena: Arena) async throws -> Sample {
    let count = 8_000 * arena.seconds
    return try await broker(
      ["publish", "--window", "1000", "--size", "250"], count: count, in: arena)
  }

  /// W1's database side: the rows of 64 jobs in a transaction, two connections.
  @Sendable static func insert(in arena: Arena) async throws -> Sample {
    let meter = CPUMeter(await arena.processes())
    let jobs = try await pgbench(
      clients: 2, jobsPerTransaction: 64, in: arena)
    var sample = Sample()
    sample.figures["rate"] = jobs / Double(arena.seconds)
    sample.add(cpu: meter.elapsed(), jobs: jobs)
    return sample
  }

  /// Runs one of the programs over rabbitmq-c for a number of messages.
  static func broker(
    _ arguments: [String], count: Int, in arena: Arena
  ) async throws -> Sample {
    let meter = CPUMeter(await arena.processes())
    let answer = try await limits(
      Rate.self, arguments + ["--count", String(count)], in: arena)
    var sample = Sample()
    sample.figures["rate"] = answer.rate
    sample.add(cpu: meter.elapsed(), jobs: Double(count))
    return sample
  }

  /// Runs one of the programs over rabbitmq-c.
  static func limits<Answer: Decodable>(
    _ type: Answer.Type, _ arguments: [String], in arena: Arena
  ) async throws -> Answer {
    try await Tool.json(
      type, arena.programs.appending(path: "openclaw-limits").path,
      arguments + [
        "--queue", "limit-\(UInt32.random(in: 0 ... .max))",
        "--url", try arena.system.stack.amqpURL(),
      ])
  }

  /// - Returns: How many jobs the transactions of a measurement's time have made.
  private static func pgbench(
    clients: Int, jobsPerTransaction: Int, in arena: Arena
  ) async throws -> Double {
    let run = try await ToolRun.run(
      "pgbench",
      [
        "--no-vacuum", "--file", acceptScript.path, "--define", "jobs=\(jobsPerTransaction)",
        "--client", "\(clients)", "--protocol", "prepared", "--time", "\(arena.seconds)",
        try arena.system.stack.databaseURL(),
      ])
    guard let match = run.output.firstMatch(of: /actually processed: (\d+)/),
      let transactions = Double(match.1)
    else { throw Failure("pgbench: \(run.output.suffix(500))") }
    return transactions * Double(jobsPerTransaction)
  }

  /// What accepting writes, for as many jobs as its variable `jobs` says.
  static var acceptScript: URL {
    TestTools.checkout.appending(path: "Benchmarks/Limits/accept.sql")
  }
}
