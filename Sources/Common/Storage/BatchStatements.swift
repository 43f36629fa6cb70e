import FoundationEssentials
public import Jobs
public import Postgres
public import Security

/// A batch's row, the input of its callback still closed.
public struct StoredBatch: Sendable {
  /// The batch.
  public let id: BatchID
  /// As users see it, without the callback's input.
  public let record: BatchRecord
  /// Tells a repeated request from another one with its key.
  public let requestHash: [UInt8]
  /// Sealed for ``SealedContent/Column/batchInput`` and the row `id`; `nil` without a callback.
  public let callbackInput: [UInt8]?

  /// Reads one row of ``BatchStatements``.
  public init(_ row: Row) throws {
    id = BatchID(try row.decode("id", as: UUID.self))
    requestHash = try row.decode("request_hash", as: [UInt8].self)
    callbackInput = try row.decode("callback_input", as: [UInt8]?.self)
    var request = BatchRequest()
    request.name = try row.decode("name", as: String?.self)
    request.idempotencyKey = try row.decode("idempotency_key", as: String?.self)
    request.condition = try row.stored("callback_condition")
    if try row.decode("callback_target", as: String?.self) != nil {
      request.callback = JobRequest(
        target: try row.target("callback_target"), input: .null,
        priority: try row.stored("callback_priority"))
    }
    record = BatchRecord(
      id: id, request: request, state: try row.stored("state"), counts: try BatchCounts(row),
      isCancelled: try row.decode("cancel_at", as: Date?.self) != nil,
      callbackJob: try row.decode("callback_job", as: UUID?.self).map(JobID.init),
      callbackOutcome: try row.decode("callback_outcome", as: String?.self),
      createdAt: try row.decode("created_at", as: Date.self),
      closedAt: try row.decode("closed_at", as: Date?.self),
      finishedAt: try row.decode("finished_at", as: Date?.self))
  }
}

extension BatchCounts {
  fileprivate init(_ row: Row) throws {
    self.init()
    total = Int(try row.decode("total", as: Int32.self))
    succeeded = Int(try row.decode("succeeded", as: Int32.self))
    failed = Int(try row.decode("failed", as: Int32.self))
    cancelled = Int(try row.decode("cancelled", as: Int32.self))
    expired = Int(try row.decode("expired", as: Int32.self))
  }
}

/// Batches: making, closing and counting them.
///
/// The end of a job adds a row to `batch_ends`, in its transaction; counting takes these rows, under
/// the lock of the batch's row, and ends the batch with the last of them.
public enum BatchStatements {
  /// Makes a batch, audited; nothing if its key is taken. Column: `id`.
  ///
  /// - Parameter input: Of the callback, sealed for ``SealedContent/Column/batchInput`` and the row
  ///   `id`.
  public static func create(
    _ id: BatchID, _ request: BatchRequest, hash: [UInt8], input: Sealed?, by principal: Principal
  ) -> SQL {
    """
    WITH made AS (
      INSERT INTO batches (id, user_id, token_id, name, idempotency_key, request_hash,
        callback_target, callback_input, callback_priority, callback_condition)
      VALUES (\(id.uuid), \(principal.user.uuid), \(principal.token.uuid), \(request.name),
        \(request.idempotencyKey), \(hash), \(request.callback?.target.description),
        \(input?.bytes), \(request.callback?.priority.rawValue), \(request.condition.rawValue))
      ON CONFLICT DO NOTHING RETURNING id
    ), audited AS (
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid), 'batch.create', id::text, 'done'
      FROM made
    )
    SELECT id FROM made
    """
  }

  /// A user's batch by its key, for ``StoredBatch``.
  public static func find(key: String, of user: UserID) -> SQL {
    "SELECT * FROM batches WHERE user_id = \(user.uuid) AND idempotency_key = \(key)"
  }

  /// A user's batch, for ``StoredBatch``.
  public static func find(_ id: BatchID, of user: UserID) -> SQL {
    "SELECT * FROM batches WHERE id = \(id.uuid) AND user_id = \(user.uuid)"
  }

  /// A user's batches, the newest first, for ``StoredBatch``.
  public static func list(of user: UserID, before: BatchID?, limit: Int) -> SQL {
    """
    SELECT * FROM batches WHERE user_id = \(user.uuid)
      AND (\(before?.uuid)::uuid IS NULL OR id < \(before?.uuid))
    ORDER BY id DESC LIMIT \(Int64(limit))
    """
  }

  /// Lets no job come any more, audited. Column: `id`, if it was open.
  ///
  /// - Parameter cancels: Whether its jobs are to be cancelled as well; then also of one that was
  ///   closed.
  public static func close(_ id: BatchID, cancels: Bool, by principal: Principal) -> SQL {
    """
    WITH changed AS (
      UPDATE batches SET state = 1, closed_at = coalesce(closed_at, now()),
        cancel_at = CASE WHEN \(cancels) THEN coalesce(cancel_at, now()) ELSE cancel_at END
      WHERE id = \(id.uuid) AND user_id = \(principal.user.uuid)
        AND (state = 0 OR state = 1 AND \(cancels)) RETURNING id
    ), audited AS (
      INSERT INTO audit_log (user_id, token_id, action, subject, outcome)
      SELECT \(principal.user.uuid), \(principal.token.uuid),
        \(cancels ? "batch.cancel" : "batch.close"), id::text, 'done' FROM changed
    )
    SELECT id FROM changed
    """
  }

  /// The jobs that name a batch of their user. Columns: `id, is_open`: the job's, and whether the
  /// batch takes jobs.
  public static func named(by jobs: [NewJob]) -> SQL {
    let jobs = jobs.filter { $0.options.batch != nil }
    return """
      SELECT asked.id, batches.state = 0 AS is_open
      FROM unnest(\(jobs.map(\.id.uuid)), \(jobs.map { $0.options.batch?.uuid }),
        \(jobs.map(\.user.uuid))) AS asked(id, batch_id, user_id)
      JOIN batches ON batches.id = asked.batch_id AND batches.user_id = asked.user_id
      """
  }

  /// Notes the ends of jobs, for their batches to count.
  public static func note(_ ends: [(job: JobID, batch: BatchID, state: JobState)]) -> SQL {
    """
    INSERT INTO batch_ends (job_id, batch_id, state)
    SELECT * FROM unnest(\(ends.map(\.job.uuid)), \(ends.map(\.batch.uuid)),
      \(ends.map(\.state.rawValue))) ON CONFLICT DO NOTHING
    """
  }

  /// Locks a batch that has not ended, with its owner as they are now. Columns: those of the owner,
  /// as for schedules, `token_id` and `is_revoked`.
  public static func lock(_ id: BatchID) -> SQL {
    """
    SELECT batch.user_id, batch.token_id, users.name AS user_name, roles.name AS role,
      roles.targets, roles.maximum_priority, roles.may_operate, roles.weight,
      users.disabled_at IS NOT NULL OR tokens.revoked_at IS NOT NULL AS is_revoked
    FROM batches AS batch JOIN users ON users.id = batch.user_id
    JOIN roles ON roles.name = users.role JOIN tokens ON tokens.id = batch.token_id
    WHERE batch.id = \(id.uuid) AND batch.state < 2 FOR UPDATE OF batch
    """
  }

  /// Counts what has ended of a locked batch, for ``StoredBatch``. A statement of its own: it has to
  /// see what was committed while the row was waited for.
  public static func count(_ id: BatchID) -> SQL {
    """
    WITH gone AS (
      DELETE FROM batch_ends WHERE batch_id = \(id.uuid) RETURNING state
    ), counted AS (
      SELECT (count(*) FILTER (WHERE state = 4))::int AS succeeded,
        (count(*) FILTER (WHERE state = 5))::int AS failed,
        (count(*) FILTER (WHERE state = 6))::int AS cancelled,
        (count(*) FILTER (WHERE state = 7))::int AS expired
      FROM gone
    )
    UPDATE batches AS batch SET succeeded = batch.succeeded + counted.succeeded,
      failed = batch.failed + counted.failed, cancelled = batch.cancelled + counted.cancelled,
      expired = batch.expired + counted.expired
    FROM counted WHERE batch.id = \(id.uuid) RETURNING batch.*
    """
  }

  /// Ends a locked batch, audited.
  public static func finish(_ id: BatchID, callback job: JobID?, outcome: String?) -> SQL {
    """
    WITH finished AS (
      UPDATE batches SET state = 2, finished_at = now(), callback_job = \(job?.uuid),
        callback_outcome = \(outcome)
      WHERE id = \(id.uuid) RETURNING id, user_id
    )
    INSERT INTO audit_log (user_id, action, subject, outcome)
    SELECT user_id, 'batch.end', id::text, 'done' FROM finished
    """
  }

  /// Some batches that have something to count, or are complete. Column: `id`.
  public static let due: SQL = """
    (SELECT batch_id AS id FROM batch_ends LIMIT 256)
    UNION (SELECT id FROM batches
      WHERE state = 1 AND succeeded + failed + cancelled + expired >= total LIMIT 64)
    """

  /// Some batches whose jobs are to be cancelled and have not all been stopped. Columns: `id,
  /// stopped_to`: up to which of them they have been (`NULL` for none).
  public static let cancelled: SQL = """
    SELECT id, stopped_to FROM batches
    WHERE cancel_at IS NOT NULL AND state < 2 AND stopped_at IS NULL ORDER BY id LIMIT 32
    """

  /// The next live jobs of a batch that nobody has stopped. Column: `id`.
  ///
  /// - Parameter place: Up to which of its jobs all have been.
  public static func live(in batch: BatchID, after place: JobID?, limit: Int) -> SQL {
    """
    SELECT id FROM jobs WHERE batch_id = \(batch.uuid)
      AND id > coalesce(\(place?.uuid)::uuid, '00000000-0000-0000-0000-000000000000')
      AND state < 4 AND cancel_at IS NULL
    ORDER BY id LIMIT \(Int64(limit))
    """
  }

  /// Notes up to which of its jobs a cancelled batch has been stopped; it takes no new ones.
  ///
  /// - Parameter isAll: Whether there are none behind that.
  public static func stopped(_ batch: BatchID, to place: JobID?, isAll: Bool) -> SQL {
    """
    UPDATE batches SET stopped_to = greatest(stopped_to, \(place?.uuid)),
      stopped_at = CASE WHEN \(isAll) THEN now() END
    WHERE id = \(batch.uuid) AND stopped_at IS NULL
    """
  }

  /// Forgets some batches that have ended so long ago, and that no webhook is still to be told of;
  /// and open ones that are as old, but have no jobs, or none any more: whoever made them will not
  /// come back.
  public static func forget(keeping period: Duration) -> SQL {
    """
    DELETE FROM batches WHERE id IN (
      SELECT id FROM batches
      WHERE id < uuid_at(now() - \(period.components.seconds) * interval '1 s')
        AND (state = 2 AND finished_at < now() - \(period.components.seconds) * interval '1 s'
            AND NOT \(DeliveryStatements.isPending(of: "batches.id"))
          OR state = 0 AND succeeded + failed + cancelled + expired >= total
            AND NOT EXISTS (SELECT FROM jobs WHERE batch_id = batches.id))
      ORDER BY id LIMIT \(DutyStatements.batch) FOR UPDATE SKIP LOCKED)
    """
  }

  /// The most batches that ``forgetKeys`` takes.
  public static let keyBatch = 4

  /// Frees the idempotency keys of some batches after 24 h, and with each those that its jobs have
  /// of it: the same request then makes another batch with jobs of its own.
  public static var forgetKeys: SQL {
    """
    WITH old AS MATERIALIZED (
      SELECT id, idempotency_key FROM batches
      WHERE idempotency_key IS NOT NULL AND created_at < now() - interval '24 hours'
      ORDER BY created_at LIMIT \(Int64(keyBatch)) FOR UPDATE SKIP LOCKED
    ), derived AS MATERIALIZED (
      SELECT jobs.id FROM old JOIN jobs ON jobs.batch_id = old.id
        AND starts_with(jobs.idempotency_key, old.idempotency_key || '/')
      FOR UPDATE OF jobs
    ), freed AS (
      UPDATE jobs SET idempotency_key = NULL FROM derived WHERE jobs.id = derived.id
    )
    UPDATE batches SET idempotency_key = NULL FROM old WHERE batches.id = old.id
    """
  }

  /// The owner of a row of ``lock(_:)``.
  public static func owner(_ row: Row) throws -> (principal: Principal, isRevoked: Bool) {
    (try row.principal(), try row.decode("is_revoked", as: Bool.self))
  }
}
