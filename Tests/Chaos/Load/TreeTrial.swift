import Foundation
import HTTP
import Jobs
import LocalServices
import Postgres
import TestSupport

/// One job that delegates others, and a cancel somewhere in its tree.
struct TreeTrial {
  /// Where the cancel is asked for.
  enum Way: String, CaseIterable {
    case root = "from the root"
    case child = "from a child"
    /// Without the rest of its tree.
    case childAlone = "of a child alone"
  }

  private let bench: ChaosBench
  private let graves: Graves

  init(_ bench: ChaosBench, _ graves: Graves) {
    self.bench = bench
    self.graves = graves
  }

  /// Enqueues a job, cancels it or a child of it after a while, and waits for the end of all.
  func run(_ way: Way, _ dice: inout SplitMix64) async throws -> TreeTally.Entry {
    let root = try await bench.enqueue(request(&dice), startingAt: 0)
    let atOnce = way == .root && Int.random(in: 0..<4, using: &dice) == 0
    if !atOnce {
      try await bench.wait(atMost: .seconds(30)) { try await !self.children(of: root).isEmpty }
    }
    try await Task.sleep(for: dice.duration(0...1500))
    let children = try await children(of: root)
    // A kill may have kept it from delegating anything.
    var entry = TreeTally.Entry(root: root, way: children.isEmpty ? .root : way)
    if entry.way != .root { entry.child = dice.pick(children) }
    let scope = entry.way == .child ? "?scope=tree" : ""
    entry.answer = try await bench.insist(
      .post, "/api/v1/jobs/\(entry.child ?? root)/cancel\(scope)", on: [200, 202, 409],
      startingAt: Int.random(in: 0...1, using: &dice)
    ).status
    try await bench.wait(atMost: .seconds(180)) {
      try await bench.system.count("jobs WHERE root_id = \(root.uuid) AND state < 4") == 0
    }
    entry.mark = ExecutionLedger.size(of: bench.system.ledger)
    entry.jobs = try await jobs(of: root)
    let workers = try await workers(of: root)
    entry.hadDeadWorker = graves.holdAny(of: workers)
    return entry
  }

  private func request(_ dice: inout SplitMix64) -> LoadRequest {
    let key = "tree-\(dice.next() % 1_000_000_000_000)"
    let calls = (0..<Int.random(in: 1...3, using: &dice)).map { child in
      let words = (0..<Int.random(in: 20...60, using: &dice)).map { "word\($0)" }
      return
        #"use delegate.coder {"message": "child \#(child) of \#(key) \#(words.joined(separator: " "))"}"#
    }
    let input = (["job \(key)"] + calls).joined(separator: "\n")
    return LoadRequest(key: key, body: ["target": "agent:main", "input": .string(input)])
  }

  private func children(of root: JobID) async throws -> [JobID] {
    try await bench.system.rows(
      "SELECT id FROM jobs WHERE parent_id = \(root.uuid) ORDER BY id"
    ) { JobID(try $0.decode("id", as: UUID.self)) }
  }

  private func jobs(of root: JobID) async throws -> [TreeTally.Job] {
    try await bench.system.rows(
      """
      SELECT jobs.id, jobs.state, jobs.created_at > root.cancel_at AS is_late,
        (extract(epoch FROM jobs.finished_at - (
          SELECT min(cancel_at) FROM jobs AS one WHERE one.root_id = jobs.root_id)) * 1000)::bigint
          AS stopped
      FROM jobs JOIN jobs AS root ON root.id = jobs.root_id WHERE jobs.root_id = \(root.uuid)
      """
    ) { row in
      TreeTally.Job(
        id: JobID(try row.decode("id", as: UUID.self)),
        state: JobState(rawValue: try row.decode("state", as: Int16.self)) ?? .queued,
        isLate: try row.decode("is_late", as: Bool?.self) ?? false,
        stopped: try row.decode("stopped", as: Int64?.self).map { .milliseconds($0) })
    }
  }

  /// The processes that ran what the cancel has stopped.
  private func workers(of root: JobID) async throws -> [Int32] {
    try await bench.system.rows(
      """
      SELECT workers.pid FROM jobs JOIN steps ON steps.job_id = jobs.id
      JOIN workers ON workers.id = steps.worker_id
      WHERE jobs.root_id = \(root.uuid) AND steps.finished_at >= jobs.cancel_at
      """
    ) { try $0.decode("pid", as: Int32.self) }
  }
}
