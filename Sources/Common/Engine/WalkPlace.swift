import FoundationEssentials
import Jobs
import Postgres
import Synchronization

/// Where a duty's walk over a table of jobs has come to, in the order of their ids. It begins anew
/// behind the end, and with the process: each node walks by itself, so that with several nodes what
/// is lost is found sooner.
final class WalkPlace: Sendable {
  private static let start = JobID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)))
  private let place = Mutex(WalkPlace.start)

  /// Behind which job to go on.
  var last: JobID { place.withLock { $0 } }

  /// Goes on behind what a look has taken in.
  ///
  /// - Parameters:
  ///   - look: Columns: `walked, last, found`.
  ///   - batch: What it takes in at most.
  /// - Returns: What it has found.
  func advance(by look: Row, of batch: Int64) throws -> [JobID] {
    let isWhole = try look.decode("walked", as: Int64.self) == batch
    let last = try look.decode("last", as: UUID?.self).map(JobID.init)
    let found = try look.decode("found", as: [UUID].self).map(JobID.init)
    place.withLock { $0 = isWhole ? last ?? Self.start : Self.start }
    return found
  }
}
