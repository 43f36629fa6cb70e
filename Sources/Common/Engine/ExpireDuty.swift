import FoundationEssentials
import Jobs
import Observability
import Postgres
import Storage

/// Ends jobs that are not over by their deadline or have not started in time.
struct ExpireDuty: Duty {
  let name = "expire"
  let interval = Duration.milliseconds(500)
  let stopper: JobStopper
  let families: FamilyKeeper

  func run() async throws -> Bool {
    _ = try await stopper.pool.execute(DutyStatements.postpone)
    let rows = try await stopper.pool.query(DutyStatements.expiring)
    for row in rows {
      let isLate = try row.decode("is_late", as: Bool.self)
      let job = JobID(try row.decode("id", as: UUID.self))
      let (_, plans) = try await stopper.stop(
        job, isLate ? .deadlinePassed : .queueTimeout, by: nil,
        if: DutyStatements.isExpired(job))
      families.note(plans)
    }
    return rows.count == Int(DutyStatements.batch)
  }
}
