import FoundationEssentials
import Jobs
import Logging
import Observability
import Postgres
import Storage

/// Looks for jobs that are not over and have no step to come, which must not happen: nothing would
/// ever end them.
///
/// All nodes walk together, a batch at a time, so that several of them cost no more than one. It
/// mends nothing, as what is wrong with such a job is not known; it is logged and counted.
struct OrphanDuty: Duty {
  let name = "orphans"
  let interval = Duration.seconds(1)
  let pool: PostgresPool
  let logger: Logger

  func run() async throws -> Bool {
    let claim = UUID()
    guard let row = try await pool.query(OrphanStatements.take(claim)).first else { return false }
    let known = Set(try row.decode("orphan_jobs", as: [UUID].self).map(JobID.init))
    let position = JobID(try row.decode("position", as: UUID.self))
    guard let walk = try await pool.query(OrphanStatements.walk(after: position)).first else {
      return false
    }
    let orphans = try await confirmed(try walk.decode("suspects", as: [UUID].self).map(JobID.init))
    for job in orphans.prefix(OrphanStatements.shown) where !known.contains(job) {
      logger.error(
        "a job is not over and has no step to come", metadata: .fields([.job: job]))
    }
    try await giveBack(claim, walk, orphans, from: position)
    return false
  }

  /// The second look, behind the locks of the jobs' rows.
  private func confirmed(_ suspects: [JobID]) async throws -> [JobID] {
    var orphans: [JobID] = []
    let size = Int(DutyStatements.batch)
    for start in stride(from: 0, to: suspects.count, by: size) {
      let some = Array(suspects[start..<min(start + size, suspects.count)])
      let rows = try await pool.transaction { transaction in
        _ = try await transaction.pipeline([FinishStatements.lock(some)])
        return try await transaction.query(OrphanStatements.confirm(some))
      }
      orphans += try rows.map { JobID(try $0.decode("id", as: UUID.self)) }
    }
    return orphans
  }

  private func giveBack(
    _ claim: UUID, _ walk: Row, _ orphans: [JobID], from position: JobID
  ) async throws {
    let seen = Int(try walk.decode("seen", as: Int64.self))
    let firstLive = try walk.decode("first_live", as: UUID?.self).map(JobID.init)
    guard try walk.decode("walked", as: Int64.self) == OrphanStatements.batch else {
      _ = try await pool.execute(
        OrphanStatements.conclude(claim, firstLive: firstLive, seen: seen, orphans: orphans))
      return
    }
    let last = try walk.decode("last", as: UUID?.self).map(JobID.init) ?? position
    _ = try await pool.execute(
      OrphanStatements.proceed(
        claim, to: last, firstLive: firstLive, seen: seen, orphans: orphans))
  }
}
