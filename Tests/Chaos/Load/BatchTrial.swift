import Foundation
import HTTP
import Jobs
import TestSupport

/// One batch with a callback, followed to its end.
struct BatchTrial {
  /// What the callbacks of all batches call, and nothing else of the load.
  static let callback = "skill:system.clock"

  /// What a client saw of a batch.
  struct Entry: Sendable {
    let id: BatchID
    /// Jobs that it was made of.
    let jobs: Int
    /// As the gateway told it at last.
    let end: JSONValue
    let wasCancelled: Bool
    /// How the callback job ended; `nil` when there was none, or no end in time.
    let callbackState: String?
  }

  let bench: ChaosBench

  /// Makes a batch, cancels it or not, and waits for its end and that of its callback job.
  func run(_ dice: inout SplitMix64) async throws -> Entry {
    let name = "batch-\(dice.next() % 1_000_000_000_000)"
    let requests = (0..<Int.random(in: 1...8, using: &dice)).map { job("\(name)-\($0)", &dice) }
    let id = try await make(name, requests, startingAt: Int.random(in: 0...1, using: &dice))
    let wasCancelled = Int.random(in: 0..<5, using: &dice) == 0
    if wasCancelled {
      try await Task.sleep(for: dice.duration(0...500))
      _ = try await bench.insist(.post, "/api/v1/batches/\(id)/cancel", on: [200, 202])
    }
    let end = try await last(of: "/api/v1/batches/\(id)") { $0["state"] == "finished" }
    var callback: JSONValue = .null
    if let job = end["callback_job"]?.text {
      callback = try await last(of: "/api/v1/jobs/\(job)") { $0["finished_at"]?.text != nil }
    }
    let isOver = callback["finished_at"]?.text != nil
    return Entry(
      id: id, jobs: requests.count, end: end, wasCancelled: wasCancelled,
      callbackState: isOver ? callback["state"]?.text : nil)
  }

  /// Most jobs succeed; one in six reads what is not there.
  private func job(_ key: String, _ dice: inout SplitMix64) -> LoadRequest {
    let file: JSONValue = ["path": .string("\(key).txt"), "content": .string(key)]
    let body: JSONValue =
      switch Int.random(in: 0..<6, using: &dice) {
      case 0: ["target": "skill:files.read", "input": ["path": .string("\(key).none")]]
      case 1, 2: ["target": "agent:main", "input": .string("job \(key)")]
      default: ["target": "skill:files.write", "input": file]
      }
    return LoadRequest(key: key, body: body)
  }

  /// Asks until the batch is there and each item is a job of it.
  private func make(
    _ name: String, _ requests: [LoadRequest], startingAt first: Int
  ) async throws -> BatchID {
    let body: JSONValue = [
      "name": .string(name), "jobs": .array(requests.map(\.batchItem)),
      "callback": ["target": .string(Self.callback), "input": [:]],
    ]
    while true {
      let answer = try await bench.insist(
        .post, "/api/v1/batches", body: body, headers: ["Idempotency-Key": name], on: [201],
        startingAt: first)
      let items = answer.json["items"]?.elements ?? []
      let accepted = zip(requests, items).compactMap { request, item in
        item["job"]?["id"]?.text.flatMap { JobID($0) }
          .map { ClientLedger.Acceptance(job: $0, key: request.key) }
      }
      if accepted.count == requests.count, let id = answer.json["id"]?.text.flatMap({ BatchID($0) })
      {
        try await bench.ledger.note(accepted: accepted)
        return id
      }
      guard items.allSatisfy({ $0["job"] != nil || $0["status"]?.int == 503 }) else {
        throw Unexpected("a batch was answered \(answer.json)")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Reads until it is so, as long as patience lasts.
  private func last(
    of path: String, _ isSo: (JSONValue) -> Bool
  ) async throws -> JSONValue {
    let deadline = ContinuousClock.now + bench.patience.settle
    while true {
      let seen = try await bench.insist(.get, "\(path)?wait=5", on: [200]).json
      if isSo(seen) || ContinuousClock.now > deadline { return seen }
    }
  }
}
