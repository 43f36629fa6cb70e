import FoundationEssentials
import Jobs
import Observability
import Postgres
import Storage

/// Ends jobs that are not over by their deadline or have not started in time. One whose row somebody
/// has locked has its turn later.
struct ExpireDuty: Duty {
  let name = "expire"
  let interval = Duration.milliseconds(500)
  let stopper: JobStopper
  let families: FamilyKeeper

  func run() async throws -> Bool {
    _ = try await stopper.pool.execute(DutyStatements.postpone)
    let rows = try await stopper.pool.query(DutyStatements.expiring)
    var stopped = 0
    try await rows.forEachAlone { row in
      let isLate = try row.decode("is_late", as: Bool.self)
      let job = JobID(try row.decode("id", as: UUID.self))
      let (answer, plans) = try await stopper.stop(
        job, isLate ? .deadlinePassed : .queueTimeout, by: nil,
        if: DutyStatements.isExpired(job), skipsLocked: true)
      if answer != nil { stopped += 1 }
      families.note(plans)
    }
    return stopped > 0 && rows.count == Int(DutyStatements.batch)
  }
}
