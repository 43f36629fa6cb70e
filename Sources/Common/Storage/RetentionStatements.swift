import FoundationEssentials
public import Jobs
public import Postgres

/// Deleting what has had its time.
///
/// Jobs are found by walking the primary key: ids are UUIDv7, so those that were made before a time
/// come first. An index on `finished_at` would cost each end of a job, and this costs only the walk
/// over those that stay. Trees of jobs go as a whole.
public enum RetentionStatements {
  /// The most jobs that one batch walks over.
  public static let batch: Int64 = 512
  /// The most audit rows that one batch deletes.
  public static let auditBatch: Int64 = 1024

  /// Walks on over jobs that were made before the policy's time.
  /// Columns: `walked, last, roots`: how many there were, the last of them (`NULL` for none), and the
  /// roots among them whose trees may go, in the order of their ids.
  public static func walk(
    after position: JobID, keeping jobs: Duration, dead: Duration?
  ) -> SQL {
    """
    WITH walked AS MATERIALIZED (
      SELECT id, root_id, state, finished_at, unique_key FROM jobs
      WHERE id > \(position.uuid) AND id < uuid_at(now() - \(seconds(jobs)) * interval '1 s')
      ORDER BY id LIMIT \(batch)
    ), root AS MATERIALIZED (
      SELECT id FROM walked AS job
      WHERE job.root_id = job.id AND \(mayGo(keeping: jobs, dead: dead))
    ), tree AS (
      SELECT id FROM root WHERE NOT EXISTS (
        SELECT FROM jobs AS job WHERE job.root_id = root.id AND job.root_id <> job.id
          AND \(mayGo(keeping: jobs, dead: dead)) IS NOT TRUE)
    )
    SELECT (SELECT count(*) FROM walked) AS walked,
      (SELECT id FROM walked ORDER BY id DESC LIMIT 1) AS last,
      (SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM tree) AS roots
    """
  }

  /// Whether `job` may go: it has been over for long enough, no unique key and no session has it
  /// still, no webhook is still to be told of it, and its dead steps are settled or old enough. (The sum keeps the planner from the index
  /// of all dead steps, which it would walk for each job, as that does not have their jobs.)
  private static func mayGo(keeping jobs: Duration, dead: Duration?) -> SQL {
    """
    (job.state >= 4 AND job.finished_at < now() - \(seconds(jobs)) * interval '1 s'
      AND job.unique_key IS NULL
      AND NOT EXISTS (SELECT FROM session_jobs WHERE session_jobs.job_id = job.id)
      AND NOT \(DeliveryStatements.isPending(of: "job.id"))
      AND (coalesce(job.finished_at < now() - \(dead.map(seconds))::bigint * interval '1 s', false)
        OR NOT EXISTS (SELECT FROM steps WHERE steps.job_id = job.id AND steps.state + 0 = 5
          AND steps.settled_at IS NULL AND steps.started_at IS NOT NULL)))
    """
  }

  private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }

  /// The jobs of trees. Columns: `id, root_id`.
  public static func members(of roots: [JobID]) -> SQL {
    """
    SELECT id, root_id FROM jobs WHERE id = ANY(\(roots.map(\.uuid)))
    UNION ALL
    SELECT id, root_id FROM jobs WHERE root_id = ANY(\(roots.map(\.uuid))) AND root_id <> id
    """
  }

  /// Locks jobs that nobody else has locked, such as a redrive. Column: `id`.
  public static func lock(_ jobs: [JobID]) -> SQL {
    """
    SELECT id FROM jobs WHERE id = ANY(\(jobs.map(\.uuid))) ORDER BY id FOR UPDATE SKIP LOCKED
    """
  }

  /// Deletes jobs whose rows are locked, with all that is theirs but events that lie in partitions
  /// of their week. Columns: `jobs, steps, effects, children, events`: how many of each.
  public static func forget(_ jobs: [JobID]) -> SQL {
    let ids = jobs.map(\.uuid)
    return """
      WITH step AS (DELETE FROM steps WHERE job_id = ANY(\(ids)) RETURNING id),
      effect AS (
        DELETE FROM effects USING step WHERE effects.step_id = step.id RETURNING 1
      ), child AS (DELETE FROM children WHERE job_id = ANY(\(ids)) RETURNING 1),
      event AS (DELETE FROM events_default WHERE job_id = ANY(\(ids)) RETURNING 1),
      job AS (DELETE FROM jobs WHERE id = ANY(\(ids)) RETURNING 1)
      SELECT (SELECT count(*) FROM job) AS jobs, (SELECT count(*) FROM step) AS steps,
        (SELECT count(*) FROM effect) AS effects, (SELECT count(*) FROM child) AS children,
        (SELECT count(*) FROM event) AS events
      """
  }

  /// Drops a partition that has had its time, if there is one.
  /// Columns: `parent, rows`: whose it was, and about how many rows it had.
  public static func dropPartition(keeping policy: RetentionPolicy) -> SQL {
    """
    SELECT parent, rows FROM drop_partition(
      now() - \(policy.jobs.map(seconds))::bigint * interval '1 s',
      now() - \(policy.audit.map(seconds))::bigint * interval '1 s')
    """
  }

  /// Deletes old audit rows that lie in no month's partition.
  public static func forgetAudit(keeping audit: Duration) -> SQL {
    """
    DELETE FROM audit_log_default WHERE (at, id) IN (
      SELECT at, id FROM audit_log_default WHERE at < now() - \(seconds(audit)) * interval '1 s'
      ORDER BY at, id LIMIT \(auditBatch) FOR UPDATE SKIP LOCKED)
    """
  }
}
