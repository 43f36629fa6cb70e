import Foundation
import HTTP
import Jobs
import TestSupport

/// One job that waits for a signal, which is sent early, late or never.
struct SignalTrial {
  /// What became of a wait.
  struct Entry: Sendable {
    let job: JobID
    let wasSent: Bool
    /// As the gateway told it at last.
    let state: String
  }

  let bench: ChaosBench

  /// Enqueues a job, signals it or not, and waits for its end.
  func run(_ dice: inout SplitMix64) async throws -> Entry {
    let key = "signal-\(dice.next() % 1_000_000_000_000)"
    let isSent = Int.random(in: 0..<4, using: &dice) > 0
    let seconds: Int64 = isSent ? 120 : 2
    let file: JSONValue = ["path": .string("\(key).txt"), "content": .string(key)]
    let inAgent = isSent && Bool.random(using: &dice)
    let call = #"use signal.wait {"name": "go", "timeout_seconds": \#(seconds)}"#
    let body: JSONValue =
      inAgent
      ? ["target": "agent:main", "input": .string("job \(key)\n\(call)")]
      : [
        "target": "skill:files.write", "input": file,
        "wait_for": ["signal": "go", "timeout": .string("\(seconds)s")],
      ]
    let first = Int.random(in: 0...1, using: &dice)
    let job = try await bench.enqueue(LoadRequest(key: key, body: body), startingAt: first)
    if isSent {
      try await Task.sleep(for: dice.duration(0...2000))
      // One that is sent twice, as its answer was lost, is kept, and nobody takes it.
      _ = try await bench.insist(
        .post, "/api/v1/jobs/\(job)/signals/go", body: ["payload": .string(key)],
        on: [202, 409], startingAt: 1 - first)
    }
    let deadline = ContinuousClock.now + bench.patience.settle
    while true {
      let seen = try await bench.insist(.get, "/api/v1/jobs/\(job)?wait=5", on: [200])
      if let state = seen.finalState { try await bench.ledger.note(result: state, of: job) }
      if seen.finalState != nil || ContinuousClock.now > deadline {
        return Entry(job: job, wasSent: isSent, state: seen.json["state"]?.text ?? "")
      }
    }
  }
}
