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
  /// - Parameter condition: What else must hold of each job, such as that it succeeded.
  func settle(in arena: Arena, succeeded: Bool) async throws -> (lost: Int, doubled: Int) {
    // The file is in the temporary folder; left there it does no harm.
    defer { try? FileManager.default.removeItem(at: file) }
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let ids = lines.compactMap { JobID(String($0))?.uuid }
    let unique = Array(Set(ids))
    let found = try await arena.count(
      "jobs WHERE id = ANY(\(unique)) AND (NOT \(succeeded) OR state = 4)")
    return (unique.count - Int(found) + lines.count - ids.count, ids.count - unique.count)
  }
}
