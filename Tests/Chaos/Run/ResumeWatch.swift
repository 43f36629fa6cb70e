package import Foundation
import Jobs
import Postgres
import Synchronization
package import TestSupport

/// Measures how long the steps of killed workers wait until somebody goes on with them.
package final class ResumeWatch: Sendable {
  /// One step that a killed worker had.
  private struct Lost {
    let step: UUID
    let claim: UUID
    let killedAt: ContinuousClock.Instant
  }

  private struct State {
    var lost: [Lost] = []
    var waits: [Duration] = []
    var disturbed = 0
    var isOver = false
  }

  private let system: TestSystem
  private let state = Mutex(State())

  /// Looks into the system's database.
  package init(_ system: TestSystem) { self.system = system }

  /// The steps that run in a process, each with its claim.
  package func steps(of pid: Int32) async throws -> [(step: UUID, claim: UUID)] {
    try await system.rows(
      """
      SELECT id, claim_id FROM steps WHERE state = 3 AND worker_id = (
        SELECT id FROM workers WHERE pid = \(pid) ORDER BY started_at DESC LIMIT 1)
      """
    ) { (try $0.decode("id", as: UUID.self), try $0.decode("claim_id", as: UUID.self)) }
  }

  /// Begins to watch the steps of a process that was killed, but for those that it had finished.
  package func add(
    _ steps: [(step: UUID, claim: UUID)], killedAt: ContinuousClock.Instant
  ) async throws {
    let claims = steps.map(\.claim)
    let held = try await system.rows(
      "SELECT id FROM steps WHERE state = 3 AND claim_id = ANY(\(claims))"
    ) { try $0.decode("id", as: UUID.self) }
    state.withLock { state in
      state.lost += steps.filter { held.contains($0.step) }
        .map { Lost(step: $0.step, claim: $0.claim, killedAt: killedAt) }
    }
  }

  /// The database went down: what is watched now says nothing about recovery from a killed worker.
  package func disturb() {
    state.withLock { state in
      state.disturbed += state.lost.count
      state.lost = []
    }
  }

  /// Watches until ``end()`` and until nothing is left to watch, at most so long after it.
  package func run(atMost limit: Duration) async throws {
    var deadline: ContinuousClock.Instant?
    while true {
      let (lost, isOver) = state.withLock { ($0.lost, $0.isOver) }
      if isOver, lost.isEmpty { return }
      if isOver, deadline == nil { deadline = .now + limit }
      if let deadline, .now > deadline { return }
      if !lost.isEmpty { try await look(at: lost) }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Nothing is added any more.
  package func end() { state.withLock { $0.isOver = true } }

  private func look(at lost: [Lost]) async throws {
    let resumed = try await system.rows(
      """
      SELECT id FROM steps WHERE id = ANY(\(lost.map(\.step))) AND (state > 3
        OR state = 3 AND claim_id <> ALL(\(lost.map(\.claim))))
      """
    ) { try $0.decode("id", as: UUID.self) }
    let now = ContinuousClock.now
    state.withLock { state in
      for one in state.lost where resumed.contains(one.step) {
        state.waits.append(now - one.killedAt)
      }
      state.lost.removeAll { resumed.contains($0.step) }
    }
  }

  /// What was measured; a step that nobody went on with is a fault.
  package func verdict(atLeast minimum: Int, limit: Duration) -> Verdict {
    let (waits, disturbed, never) = state.withLock {
      ($0.waits.sorted(), $0.disturbed, $0.lost.count)
    }
    var faults: [String] = []
    if never > 0 { faults.append("\(never) steps were not resumed") }
    if let slow = waits.percentile(99), slow > limit {
      faults.append("p99 \(slow.inSeconds) is over \(limit.inSeconds)")
    }
    let times = [("p50", 50), ("p99", 99), ("max", 100)].map { name, part in
      "\(name) \(waits.percentile(part)?.inSeconds ?? "–")"
    }
    return Verdict(
      .D22, observations: waits.count, atLeast: minimum,
      counts: ["resumed steps": waits.count, "left out as the database died": disturbed],
      notes: ["killed to resumed \(times.joined(separator: " "))"], faults: faults)
  }
}

extension [Duration] {
  /// The smallest value that so many percent do not exceed; of a sorted array.
  package func percentile(_ part: Int) -> Duration? {
    isEmpty ? nil : self[Swift.max(0, (count * part + 99) / 100 - 1)]
  }
}

extension Duration {
  /// Such as `12.3 s`.
  package var inSeconds: String {
    let tenths = Int((self / .milliseconds(100)).rounded())
    return "\(tenths / 10).\(tenths % 10) s"
  }
}
