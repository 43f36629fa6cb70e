import Foundation
import Jobs
import Postgres

/// The client's own list of what it was promised: one job id a line, in a file of its own.
struct Ledger {
  let file: URL

  /// A file that does not exist yet.
  init() {
    file = FileManager.default.temporaryDirectory.appending(path: "bench-\(UUID()).ids")
  }

  /// How many promised jobs the database does not hold, and how many ids were promised twice.
  ///
  /// - Parameter succeeded: Whether each must have succeeded, too, which is waited for: a client
  ///   that hangs up at the end of its time leaves jobs under way.
  func settle(in arena: Arena, succeeded: Bool) async throws -> (lost: Int, doubled: Int) {
    // The file is in the temporary folder; left there it does no harm.
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let ids = lines.compactMap { JobID(String($0))?.uuid }
    let unique = Array(Set(ids))
    let promised: SQL = "jobs WHERE id = ANY(\(unique))"
    let deadline = ContinuousClock.now + .seconds(30)
    while succeeded, ContinuousClock.now < deadline,
      try await arena.count(promised + " AND state < 4") > 0
    {
      try await Task.sleep(for: .milliseconds(100))
    }
    let found = try await arena.count(promised + (succeeded ? " AND state = 4" : ""))
    return (unique.count - Int(found) + lines.count - ids.count, ids.count - unique.count)
  }
}
