import Foundation
import LocalServices
import TestSupport

extension Limit {
  private struct Hop: Decodable {
    let delivery_us: Percentiles
  }

  private struct Percentiles: Decodable {
    let p50: Double
    let p95: Double
    let p99: Double
  }

  /// W2: two messages through a quorum queue and two small transactions, one after the other.
  ///
  /// The percentiles are sums of those of the parts, which are measured apart.
  static func roundTrips(_ rate: Int, in arena: Arena) async throws -> Sample {
    let hop = try await limits(
      Hop.self, ["hop", "--rate", String(rate), "--seconds", String(arena.seconds)], in: arena)
    let commit = try await commitPercentiles(rate: rate, in: arena)
    var sample = Sample()
    sample.figures = [
      "p50_us": 2 * (hop.delivery_us.p50 + commit.p50),
      "p95_us": 2 * (hop.delivery_us.p95 + commit.p95),
      "p99_us": 2 * (hop.delivery_us.p99 + commit.p99),
    ]
    return sample
  }

  private struct Start: Decodable {
    let first_message_us: Double
  }

  /// W6: a C program that connects, and gets a message of its own.
  static func start(in arena: Arena) async throws -> Sample {
    let answer = try await limits(Start.self, ["start"], in: arena)
    var sample = Sample()
    sample.figures["ready_ms"] = answer.first_message_us / 1000
    return sample
  }

  /// One job's rows in a transaction of its own, at a fixed rate.
  private static func commitPercentiles(
    rate: Int, in arena: Arena
  ) async throws -> Percentiles {
    let log = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID()).log")
    // What is left in the temporary folder does no harm.
    defer { try? FileManager.default.removeItem(at: log) }
    let script = acceptScript.path
    let run = try await ToolRun.run(
      "bash",
      [
        "-c",
        """
        pgbench --no-vacuum --file "$1" --define jobs=1 --client 4 --protocol prepared --time "$2" --rate "$3" \
          --log --log-prefix "$4" "$5" && cat "$4".* > "$4" && rm "$4".*
        """, "bash", script, "\(arena.seconds)", "\(rate)", log.path,
        try arena.system.stack.databaseURL(),
      ])
    guard run.status == 0 else { throw Failure("pgbench: \(run.output.suffix(500))") }
    let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    let times = lines.compactMap { line in
      line.split(separator: " ").dropFirst(2).first.flatMap { Double($0) }
    }.sorted()
    guard let longest = times.last else { throw Failure("pgbench made no transaction") }
    func at(_ share: Double) -> Double {
      let place = Int(Double(times.count) * share)
      return place < times.count ? times[place] : longest
    }
    return Percentiles(p50: at(0.5), p95: at(0.95), p99: at(0.99))
  }
}
