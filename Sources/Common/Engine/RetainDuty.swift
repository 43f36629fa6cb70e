import Jobs
import Observability
import Postgres
import Storage

/// Forgets what has had its time, and makes the partitions to come.
struct RetainDuty: Duty {
  let name = "retain"
  let interval = Duration.seconds(60)
  let pool: PostgresPool
  let policy: RetentionPolicy
  let metrics: Metrics

  func run() async throws -> Bool {
    var failure: (any Error)?
    var isMore = false
    // One part that fails must not keep the others from their turn.
    for part in [
      makeRoom, forgetTicks, forgetDeliveries, forgetSecrets, forgetLimits, forgetBatches,
      forgetSignals, dropPartition,
      forgetAudit, forgetKeys,
    ] {
      do { isMore = try await part() || isMore } catch { failure = error }
    }
    if let failure { throw failure }
    return isMore
  }

  private func makeRoom() async throws -> Bool {
    _ = try await pool.query(DutyStatements.forgetWorkers)
    _ = try await pool.query(DutyStatements.makePartitions)
    return false
  }

  private func forgetTicks() async throws -> Bool {
    let count = try await pool.execute(TickStatements.forgetTicks)
    metrics.deleted(count, from: "schedule_ticks")
    return count == 1024
  }

  private func forgetDeliveries() async throws -> Bool {
    let count = try await pool.execute(DeliveryStatements.forget)
    metrics.deleted(count, from: "webhook_deliveries")
    return count == 1024
  }

  private func forgetSecrets() async throws -> Bool {
    _ = try await pool.execute(WebhookStatements.forgetSecrets)
    return false
  }

  private func forgetLimits() async throws -> Bool {
    _ = try await pool.execute(WebhookStatements.forgetLimits)
    return false
  }

  /// Those that have ended, with the jobs of their time.
  private func forgetBatches() async throws -> Bool {
    guard let jobs = policy.jobs else { return false }
    let count = try await pool.execute(BatchStatements.forget(keeping: jobs))
    metrics.deleted(count, from: "batches")
    return count == Int(DutyStatements.batch)
  }

  private func forgetSignals() async throws -> Bool {
    var isMore = false
    for statement in SignalStatements.sweep {
      isMore = try await pool.execute(statement) == Int(DutyStatements.batch) || isMore
    }
    return isMore
  }

  /// At most one each time, as all who write wait while it goes.
  private func dropPartition() async throws -> Bool {
    for row in try await pool.query(RetentionStatements.dropPartition(keeping: policy)) {
      metrics.deleted(
        Int(try row.decode("rows", as: Int64.self)),
        from: try row.decode("parent", as: String.self))
    }
    return false
  }

  private func forgetAudit() async throws -> Bool {
    guard let audit = policy.audit else { return false }
    let count = try await pool.execute(RetentionStatements.forgetAudit(keeping: audit))
    metrics.deleted(count, from: "audit_log")
    return count == Int(RetentionStatements.auditBatch)
  }

  private func forgetKeys() async throws -> Bool {
    // A batch before its jobs: whoever repeats its request must find either the old ones or none.
    let batches = try await pool.execute(BatchStatements.forgetKeys)
    guard batches < BatchStatements.keyBatch else { return true }
    return try await pool.execute(DutyStatements.forgetKeys) == Int(DutyStatements.batch)
  }
}
