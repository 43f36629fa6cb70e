import Foundation
import Jobs
import LocalServices
import Postgres
import TestSupport

/// Holds the ledgers against the database at the end of a scenario.
package struct Checker: Sendable {
  /// What a scenario has done, which says how much repetition it explains.
  package struct Deeds: Sendable {
    /// Processes, servers and links that were killed, paused or cut.
    package var hits = 0
    /// How many running executions each kind of hit may have interrupted, summed up.
    package var mayRepeat = 0
    /// Whether a lane, or the broker's disk, was deleted, so that the reconciler may ring.
    package var hasWipedLanes = false
    /// Nothing yet.
    package init() {}
  }

  private let bench: ChaosBench

  /// Checks a bench whose load is over.
  package init(_ bench: ChaosBench) { self.bench = bench }

  /// The verdicts on what must hold in each scenario: D1, D2, the invariant, the reconciler.
  ///
  /// - Parameters:
  ///   - jobs: How many jobs must have been accepted at least.
  ///   - surprises: Answers that no client should have got.
  package func verdicts(
    _ deeds: Deeds, jobs: Int, surprises: [String] = []
  ) async throws -> [Verdict] {
    try await waitForQuiet()
    return [
      try await lostJobs(deeds, atLeast: jobs, surprises), try repeats(deeds),
      try await invariant(atLeast: jobs), reconciler(deeds),
    ]
  }

  /// Jobs that a client could no longer wait for may still be under way, and tickets of the last
  /// trouble on their way.
  private func waitForQuiet() async throws {
    let deadline = ContinuousClock.now + bench.patience.quiet
    while ContinuousClock.now < deadline {
      let jobs = try await bench.system.count("jobs WHERE state < 4")
      let tickets = try await bench.system.count("outbox WHERE true")
      if jobs == 0, tickets == 0 { return }
      try await Task.sleep(for: .milliseconds(250))
    }
  }

  private func lostJobs(
    _ deeds: Deeds, atLeast minimum: Int, _ surprises: [String]
  ) async throws -> Verdict {
    let accepted = await bench.ledger.accepted
    let results = await bench.ledger.results
    let stored = try await StoredJob.all(in: bench.system)
    let ends = LedgerComparison(accepted: accepted, results: results, stored: stored)
    return Verdict(
      .D1, observations: min(accepted.count, deeds.hits > 0 ? .max : 0), atLeast: minimum,
      counts: [
        "accepted": ends.accepted, "lost": ends.lost.count, "unfinished": ends.unfinished.count,
        "ended not exactly once": ends.oddEnds.count, "doubled": ends.doubled.count,
        "succeeded": ends.succeeded, "hits": deeds.hits,
      ], faults: ends.faults + surprises)
  }

  private func repeats(_ deeds: Deeds) throws -> Verdict {
    let ledger = try ExecutionLedger(bench.system.ledger)
    let model = try ModelLog(bench.modelLog)
    var faults = ledger.ranAgainAfterFinish.map { "\($0) ran again after its finish" }
    faults += ledger.committedTwice.map { "\($0) was finished twice" }
    if ledger.repeats > deeds.mayRepeat {
      faults.append("\(ledger.repeats) repeats where \(deeds.mayRepeat) calls were in flight")
    }
    return Verdict(
      .D2, observations: ledger.started, atLeast: 1,
      counts: [
        "executions": ledger.started, "repeated": ledger.repeats,
        "at most in flight at hits": deeds.mayRepeat,
        "ran again after the finish": ledger.ranAgainAfterFinish.count,
        "model requests": model.requests, "repeated ones": model.repeats,
      ], faults: faults)
  }

  private func invariant(atLeast minimum: Int) async throws -> Verdict {
    var counts = 0
    var faults: [String] = []
    for (what, query) in Self.contradictions {
      let broken = try await bench.system.count(query)
      counts += broken
      if broken > 0 { faults.append("\(bench.name): \(broken) \(what)") }
    }
    let jobs = try await bench.system.count("jobs WHERE true")
    return Verdict(
      .invariant, observations: jobs, atLeast: minimum, counts: ["jobs": jobs, "broken": counts],
      faults: faults)
  }

  private func reconciler(_ deeds: Deeds) -> Verdict {
    let rings = bench.system.count(of: "the lane is rung again", inLog: "gateway")
    let isFault = rings > 0 && !deeds.hasWipedLanes
    return Verdict(
      .reconciler, observations: 1, atLeast: 1,
      counts: [deeds.hasWipedLanes ? "rings after a wipe" : "rings": rings],
      faults: isFault ? ["\(bench.name): it had to ring \(rings) times"] : [])
  }
}
