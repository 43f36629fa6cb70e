import Foundation
package import Jobs
import Postgres
package import TestSupport

/// A job as the database has it.
package struct StoredJob: Sendable, Hashable {
  /// Its id.
  package let id: JobID
  /// Where it stands.
  package let state: JobState
  /// The idempotency key that it was asked for with.
  package let key: String?
  /// How many events it has that say it is over.
  package let ends: Int

  /// For tests.
  package init(id: JobID, state: JobState, key: String?, ends: Int) {
    self.id = id
    self.state = state
    self.key = key
    self.ends = ends
  }

  /// All jobs of a system.
  package static func all(in system: TestSystem) async throws -> [StoredJob] {
    try await system.rows(
      """
      SELECT id, state, idempotency_key, (SELECT count(*) FROM events
        WHERE job_id = jobs.id AND type IN (5, 6, 7, 8)) AS ends FROM jobs
      """
    ) { row in
      StoredJob(
        id: JobID(try row.decode("id", as: UUID.self)),
        state: JobState(rawValue: try row.decode("state", as: Int16.self)) ?? .queued,
        key: try row.decode("idempotency_key", as: String?.self),
        ends: Int(try row.decode("ends", as: Int64.self)))
    }
  }
}

/// What became of the jobs that a client was promised. Pure.
package struct LedgerComparison: Sendable {
  /// Keys that got a 202.
  package let accepted: Int
  /// Promised, but not in the database.
  package let lost: [JobID]
  /// Promised, but not over.
  package let unfinished: [JobID]
  /// Over, but not with exactly one event that says so; or read as over in another state.
  package let oddEnds: [JobID]
  /// Keys with two jobs, and jobs that nobody was promised.
  package let doubled: [String]
  /// Promised and succeeded.
  package let succeeded: Int

  /// Compares; `stored` may hold jobs that somebody else asked for, if they have no key.
  package init(
    accepted: [ClientLedger.Acceptance], results: [JobID: String], stored: [StoredJob]
  ) {
    let jobs = Dictionary(stored.map { ($0.id, $0) }) { first, _ in first }
    let promised = Set(accepted.map(\.job))
    self.accepted = Set(accepted.map(\.key)).count
    lost = promised.filter { jobs[$0] == nil }
    unfinished = promised.filter { jobs[$0].map { !$0.state.isFinal } ?? false }
    oddEnds = stored.filter { job in
      job.state.isFinal
        && (job.ends != 1 || results[job.id].map { $0 != job.state.name } ?? false)
    }.map(\.id)
    let byKey = Dictionary(grouping: accepted, by: \.key).mapValues { Set($0.map(\.job)) }
    let storedKeys = Dictionary(grouping: stored.filter { $0.key != nil }) { $0.key ?? "" }
    doubled =
      Array(byKey.filter { $0.value.count > 1 }.keys)
      + storedKeys.filter { key, jobs in jobs.count > 1 || byKey[key] == nil }.keys
    succeeded = promised.count { jobs[$0]?.state == .succeeded }
  }

  /// What contradicts D1, in words.
  package var faults: [String] {
    [
      ("jobs are lost", lost.map(\.description)),
      ("jobs are not over", unfinished.map(\.description)),
      ("jobs did not end exactly once", oddEnds.map(\.description)),
      ("keys have two jobs", doubled),
    ].filter { !$0.1.isEmpty }.map { what, which in
      "\(which.count) \(what): \(which.prefix(3).joined(separator: " "))"
    }
  }
}
